"""The house keeps its shape: arrows point up, walls hold, rooms stay small.

Every rule is a function from one parsed file to the places that break it, so that
the exceptions can be tables with a reason beside each entry.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import parsed
import pytest
from parsed import PACKAGE, ROOT, functions, imports, room, short, sources
from walls import (
    BACKEND_FILES,
    COMPOSE_MAY_IMPORT,
    LONG_FILES,
    LONG_FUNCTIONS,
    PRIVATE_FILES,
    WIDE_FUNCTIONS,
)

# A room may import itself and the rooms before it. Nothing imports `cli`.
ROOMS = (
    "common",
    "compose",
    "graph",
    "measures",
    "checks",
    "drawing",
    "transforms",
    "files",
    "reports",
    "train",
    "cli",
)

BACKENDS = {"jax", "tensorflow", "torch"}
# What reads or writes an attribute by its name.
BY_NAME = {"getattr", "hasattr", "setattr", "delattr"}
# What is private to Keras, what is put in its place for a while, what is mended in it.
ADAPTERS = {"_keras.py", "_keras_replaced.py", "_keras_mended.py"}
# What the literature reads as "both paths", and a word that names no path at all.
BANNED_NAMES = {"residual", "downsample"}

FILE_LINES, FUNCTION_LINES, ARGUMENTS = 300, 30, 7

# A recipe's user never writes these: `conv(64)(x)` gives them when it unfolds.
SUPPLIED_BY_PART = {"change", "merge", "paths", "scope", "x"}


def wrong_arrows(path: Path) -> Iterator[str]:
    here = room(path)
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] != "keras_residual":
            continue
        there = parts[1] if len(parts) > 1 else ""
        allowed = ROOMS[: ROOMS.index(here) + 1] if here else ROOMS[:-1]
        if there not in (*allowed, *(Path(name).stem for name in ADAPTERS)):
            yield f"{short(path)}:{line} {here or 'the front door'} -> {name}"


def backend_imports(path: Path) -> Iterator[str]:
    for line, name in imports(path):
        if name.split(".")[0] in BACKENDS:
            yield f"{short(path)}:{line} imports {name}"


def internals(path: Path) -> Iterator[str]:
    """Yields what is private to another, and every name inside `keras.src`."""
    for line, name in imports(path):
        if f"{name}.".startswith("keras.src."):
            yield f"{short(path)}:{line} imports {name}"
    for node in ast.walk(parsed.tree(path)):
        match node:
            case ast.Attribute(attr=word) if is_private(word) and not is_own(node):
                yield f"{short(path)}:{node.lineno} uses {word}"
            case ast.Call(
                func=ast.Name(id=how), args=[_, ast.Constant(value=word), *_]
            ):
                if how in BY_NAME and is_private(word):
                    yield f"{short(path)}:{node.lineno} uses {word}"
            case ast.Constant(value=str(word)) if "keras.src" in word:
                yield f"{short(path)}:{node.lineno} names {word}"


def is_private(word: object) -> bool:
    return isinstance(word, str) and word.startswith("_") and not word.endswith("__")


def is_own(node: ast.Attribute) -> bool:
    """Says whether an attribute is of the object, or of the class, that asks."""
    match node.value:
        case ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super")):
            return True
    return False


def banned_names(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed.tree(path)):
        match node:
            case ast.Name(id=word) | ast.arg(arg=word) | ast.keyword(arg=word):
                if word in BANNED_NAMES:
                    yield f"{short(path)}:{node.lineno} uses the name {word!r}"


def body_lines(function: ast.FunctionDef) -> int:
    """Counts the lines of a function's body, its docstring apart."""
    body = function.body
    if ast.get_docstring(function) is not None and len(body) > 1:
        body = body[1:]
    return (function.end_lineno or 0) - body[0].lineno + 1


def argument_count(function: ast.FunctionDef) -> int:
    """Counts what a caller must know: not `self`, nor what a decorator supplies."""
    supplied = {"self", "cls"}
    if function.decorator_list:
        supplied |= SUPPLIED_BY_PART
    args = function.args
    names = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return sum(name not in supplied for name in names)


def outside(rule, allowed: dict[str, str]) -> list[str]:
    """Applies a rule to every source file that is not in the table."""
    return [
        place
        for path in sources()
        if short(path) not in allowed
        for place in rule(path)
    ]


def test_there_is_a_house():
    assert sources(), f"no source under {PACKAGE}"
    rooms = {room(path) for path in sources()} - {""}
    assert rooms == set(ROOMS)
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", *ADAPTERS}


def test_the_shared_floor_knows_no_keras():
    known = {name for path in sources(PACKAGE / "common") for _, name in imports(path)}
    assert {name.split(".")[0] for name in known} & {"keras", *BACKENDS} == set()


def test_arrows_point_up():
    assert outside(wrong_arrows, {}) == []


def test_only_the_listed_files_import_a_backend():
    assert outside(backend_imports, BACKEND_FILES) == []


def test_only_the_listed_files_touch_keras_internals():
    assert outside(internals, {**dict.fromkeys(ADAPTERS, ""), **PRIVATE_FILES}) == []


def test_names_follow_the_field():
    assert outside(banned_names, {}) == []


def test_compose_imports_nothing_but_keras():
    strangers = [
        f"{short(path)}:{line} imports {name}"
        for path in sources(PACKAGE / "compose")
        for line, name in imports(path)
        if (top := name.split(".")[0]) not in sys.stdlib_module_names
        and top not in {"keras_residual", *COMPOSE_MAY_IMPORT}
    ]
    assert strangers == []


def test_files_fit_in_their_budget():
    tops = [PACKAGE, *(ROOT / name for name in ("tests", "benchmarks", "examples"))]
    long = [
        f"{short(path)}: {lines} lines"
        for top in tops
        for path in sources(top)
        if (lines := path.read_text(encoding="utf-8").count("\n")) > FILE_LINES
        and short(path) not in LONG_FILES
    ]
    assert long == []


def test_functions_fit_in_their_budget():
    long = [
        f"{where} (line {function.lineno}): {lines} lines"
        for path in sources()
        for where, function in functions(path)
        if (lines := body_lines(function)) > FUNCTION_LINES
        and where not in LONG_FUNCTIONS
    ]
    assert long == []


def test_functions_take_few_arguments():
    wide = [
        f"{where} (line {function.lineno}): {count} arguments"
        for path in sources()
        for where, function in functions(path)
        if (count := argument_count(function)) > ARGUMENTS
        and where not in WIDE_FUNCTIONS
    ]
    assert wide == []


@pytest.mark.parametrize(
    ("rule", "table"),
    [(backend_imports, BACKEND_FILES), (internals, PRIVATE_FILES)],
)
def test_no_exception_outlives_its_need(rule, table):
    stale = [
        name
        for name in table
        if (PACKAGE / name).exists() and not list(rule(PACKAGE / name))
    ]
    assert stale == [], "take these out of the table"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (wrong_arrows, "from keras_residual.train import fit"),
        (wrong_arrows, "from ..graph import units"),
        (wrong_arrows, "import keras_residual"),
        (backend_imports, "def f():\n    import jax.numpy"),
        (internals, "from keras.src import tree"),
        (internals, "import keras.src"),
        (internals, "getattr(x, '_keras_history')"),
        (internals, "x._inbound_nodes"),
        (internals, "'keras.src.layers'"),
        (banned_names, "residual = 1"),
        (banned_names, "def f(downsample): ..."),
    ],
)
def test_each_rule_sees_what_it_forbids(rule, code, monkeypatch):
    room_file = PACKAGE / "compose" / "example.py"
    monkeypatch.setattr(parsed, "tree", lambda path: ast.parse(code))
    assert list(rule(room_file)), f"{rule.__name__} lets {code!r} pass"
