"""One class of error: every `raise` is of it, or stands in the table with a reason."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import parsed
import pytest
from parsed import short, sources
from walls import OTHER_ERRORS


def named(*nodes: ast.expr | None) -> set[str]:
    """Returns the names that expressions end in: of `typer.Exit(2)`, Exit."""
    found = set()
    for node in nodes:
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word):
                found.add(word)
            case ast.Call(func=function):
                found |= named(function)
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
                found |= named(one, other)
            case ast.expr():
                found.add(ast.unparse(node))
    return found


@cache
def ours() -> frozenset[str]:
    """Names our error, its kinds, and the functions that make one of them."""
    nodes = [node for path in sources() for node in ast.walk(parsed.tree(path))]
    known = {"ResidualError"}
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    while kinds := {c.name for c in classes if named(*c.bases) & known} - known:
        known |= kinds
    makers = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    return frozenset(known | {m.name for m in makers if named(m.returns) & known})


def others(path: Path) -> Iterator[tuple[str, str]]:
    """Yields every error that is not ours and its place; what was caught may go on."""
    tree = parsed.tree(path)
    mine = {*ours(), "within"}
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler(name=str(word)):
                mine.add(word)
            case ast.AnnAssign(target=ast.Name(id=word), annotation=kind):
                if named(kind) & {*ours(), *OTHER_ERRORS}:
                    mine.add(word)
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            for word in named(node.exc) - mine:
                yield word, f"{short(path)}:{node.lineno} raises {word}"


def test_errors_are_ours():
    raised = dict(other for path in sources() for other in others(path))
    assert [place for word, place in raised.items() if word not in OTHER_ERRORS] == []
    assert set(OTHER_ERRORS) - set(raised) == set(), "take these out of the table"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("raise ValueError('no')", "ValueError"),
        ("raise (KindError if low else TypeError)('no')", "TypeError"),
        ("def _no() -> KeyError: ...\nraise _no()", "_no"),
        ("error = ValueError('no')\nraise error", "error"),
    ],
)
def test_another_error_is_seen(code, word, monkeypatch):
    assert "KindError" in ours()
    monkeypatch.setattr(parsed, "tree", lambda path: ast.parse(code))
    assert [found for found, _ in others(sources()[0])] == [word]
