"""The source files of the package, parsed: what the rules of the house look at."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "keras_residual"


def sources(top: Path = PACKAGE) -> list[Path]:
    return sorted(top.rglob("*.py"))


def short(path: Path) -> str:
    top = PACKAGE if path.is_relative_to(PACKAGE) else ROOT
    return path.relative_to(top).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yields (line, absolute dotted name) of everything that `path` imports."""
    for node in ast.walk(tree(path)):
        yield from _named(path, node)


def imports_at_once(path: Path) -> Iterator[tuple[int, str]]:
    """Yields those of them that are made when `path` itself is imported."""
    todo: list[ast.AST] = [tree(path)]
    while todo:
        node = todo.pop()
        yield from _named(path, node)
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not later and not typing:
            todo += ast.iter_child_nodes(node)


def _named(path: Path, node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = ("keras_residual", *path.relative_to(PACKAGE).parts[:-1])
        base = package[: len(package) - node.level + 1] if node.level else ()
        module = ".".join((*base, *filter(None, [node.module])))
        yield from ((node.lineno, f"{module}.{a.name}") for a in node.names)


def room(path: Path) -> str:
    """Names the room that a source file stands in; the front door has none."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{short(path)}:{node.name}", node
