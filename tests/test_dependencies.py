"""What is imported is declared, what is declared is imported, and each in its place."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import parsed
import pytest
from packaging.requirements import Requirement
from parsed import PACKAGE, ROOT, imports, short, sources

OURS = "keras-residual"
# The modules of a distribution that is not called as its module is.
MODULES = {
    "pillow": "PIL",
    "scikit-learn": "sklearn",
}
# Come with what is declared, and stand or fall with it.
BROUGHT = {
    "h5py": "keras",
    "ml_dtypes": "keras",
    "click": "typer",
    "markdown_it": "rich",
}
BACKENDS = {"jax", "tensorflow", "torch"}
# Extras that are no part of the package: tools, and what the tests open.
TOOLS = {"dev", "docs", "hub", "lint"}
# `formats.py` asks for all that a format needs before any of it is imported.
ASKED_BEFORE = "files/export/"


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def modules(lines: list[str]) -> set[str]:
    """Returns the modules that requirements bring, without those of our own extras."""
    names = {Requirement(line).name for line in lines} - {OURS}
    return {MODULES.get(name, name) for name in names}


def needed() -> set[str]:
    return modules(project()["dependencies"])


def extras() -> dict[str, set[str]]:
    """Returns the modules of each extra, those of the extras that it takes in too."""
    given = project()["optional-dependencies"]
    found: dict[str, set[str]] = {}

    def of(name: str) -> set[str]:
        if name not in found:
            asked = [Requirement(line) for line in given[name]]
            inner = (extra for one in asked if one.name == OURS for extra in one.extras)
            found[name] = modules(given[name]).union(*map(of, inner))
        return found[name]

    return {name: of(name) for name in given if name not in TOOLS}


def third_party() -> dict[str, list[str]]:
    """Returns the files of each imported module that is neither ours nor Python's."""
    found: dict[str, list[str]] = {}
    for path in sources():
        for _, name in imports(path):
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names | {"keras_residual"}:
                found.setdefault(top, []).append(short(path))
    return found


def words() -> set[str]:
    """Returns every text in the package: modules that Keras imports are named so."""
    return {
        node.value
        for path in sources()
        for node in ast.walk(parsed.tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def unguarded(path: Path) -> Iterator[str]:
    """Yields the imports of an extra's package that no `with extra(...)` names."""
    offered = extras()
    brought = set().union(*offered.values()) - needed() - BACKENDS
    for node, extra in placed(parsed.tree(path)):
        named = {name.split(".")[0] for name in imported(node)}
        for name in named & brought - offered.get(extra, set()):
            yield f"{short(path)}:{node.lineno} imports {name}"


def placed(node: ast.AST, extra: str = "") -> Iterator[tuple[ast.stmt, str]]:
    """Yields each statement that runs, and the extra that stands around it."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.With(
            items=[
                ast.withitem(
                    context_expr=ast.Call(
                        func=ast.Name(id="extra"),
                        args=[ast.Constant(value=str(extra)), *_],
                    )
                )
            ]
        ):
            pass
    if isinstance(node, ast.stmt):
        yield node, extra
    for child in ast.iter_child_nodes(node):
        yield from placed(child, extra)


def imported(node: ast.stmt) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [one.name for one in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
    return []


def test_every_import_is_a_declared_dependency():
    known = needed().union(BROUGHT, *extras().values())
    strangers = {n: files for n, files in third_party().items() if n not in known}
    assert strangers == {}


def test_every_declared_dependency_is_imported():
    used = third_party().keys() | words()
    assert (
        needed() - third_party().keys(),
        set().union(*extras().values()) - used,
    ) == (
        set(),
        set(),
    )


def test_four_packages_are_enough_to_begin_with():
    assert needed() == {"keras", "numpy", "rich", "typer"}


def test_all_is_every_extra_but_the_backends():
    rest = {n: m for n, m in extras().items() if n not in {*BACKENDS, "all"}}
    assert extras()["all"] == set().union(*rest.values())


def test_what_an_extra_brings_is_imported_where_its_lack_is_explained():
    found = [
        place
        for path in sources()
        if not short(path).startswith(ASKED_BEFORE)
        for place in unguarded(path)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import pandas as pd",
        "def f():\n    from PIL import Image",
        "with extra('export', 'Reading'):\n    import pandas",
        "try:\n    import sklearn.datasets\nexcept ImportError: ...",
    ],
)
def test_an_import_without_words_is_seen(code, monkeypatch):
    monkeypatch.setattr(parsed, "tree", lambda path: ast.parse(code))
    assert list(unguarded(PACKAGE / "train" / "example.py"))
