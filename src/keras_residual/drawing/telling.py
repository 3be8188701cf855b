"""Tells what stands between two points of a model, in the words of its field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keras_residual.drawing.words import BESIDE, chunks, lines, words
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import WEIGHTED

Told = tuple[list[str], str]
_DENSE = re.compile(r"dense( \d+)?")
_BETWEEN = ("reshape", "transpose", "dropout")  # before the last layer
_PRODUCTS = ("Einsum", "Matmul")


def tell(graph: Graph, start: int, ops: tuple[Op, ...]) -> list[str]:
    """Tells the operations between two points; side by side where they part.

    Args:
        graph: The graph.
        start: The point before them.
        ops: The operations, in order; the last is the other point.

    Returns:
        Lines; those that begin with "│" stand side by side.
    """
    told: list[list[str]] = []
    chain: list[Op] = []
    within = {start, *(op.index for op in ops)}  # a branch may read other streams too
    at = ops[-1].index if ops else start
    while at != start:
        op = graph.ops[at]
        inside = [s for s in set(op.sources) if s in within]
        if len(inside) == 1:
            chain.append(op)
            at = inside[0]
            continue
        point = max(start, _common(graph, inside))
        told += _joined(_side_by_side(graph, point, op), _chain(chain[::-1]))
        chain, at = [], point
    told.append(_chain(chain[::-1]))
    return [line for part in reversed(told) for line in part]


def _common(graph: Graph, points: list[int]) -> int:
    common = graph.common(points)
    return -1 if common is None else common


def _joined(told: Told, after: list[str]) -> list[list[str]]:
    """Puts the dense layer that ends what was told onto its line; the last goes first.

    Args:
        told: What is told, and what a dense layer behind it does there.
        after: The lines that follow.
    """
    found, last = told
    between = after[:1] if after and after[0].startswith(_BETWEEN) else []
    rest = after[len(between) :]
    dense = _DENSE.match(rest[0]) if last and rest else None
    if dense is None:
        return [after, found]
    width = "" if last == "project" else dense[1] or ""
    dropped = [line for line in between if line.startswith("dropout")]
    line = " · ".join([found[-1], *dropped])
    line = f"{line} → {last}{width}{rest[0][dense.end() :]}"
    return [rest[1:], [*found[:-1], line]]


def _chain(ops: list[Op]) -> list[str]:
    """Tells a chain; what attends to another stream in it is attention."""
    for k, op in enumerate(ops):
        first = next((i for i in range(k) if ops[i].kind == "dense"), None)
        if first is None or not _attends(ops[:k], op):
            continue
        told = [f"q → {_attention(op)}"], "project"
        after, asked = _joined(told, _chain(ops[k + 1 :]))
        return [*lines(ops[:first]), *asked, *after]
    return lines(ops)


def _attention(op: Op) -> str:
    return words(op) if op.kind == "attention" else "attention"


def _side_by_side(graph: Graph, start: int, end: Op) -> Told:
    inside = [op for op in graph.between(start, end.index) if op is not end]
    if _attends(inside, end):
        turned = " → rotary" if any(words(op) == "rotary" for op in inside) else ""
        first = [words(op) for op in inside[:1] if words(op).endswith("norm")]
        return [*first, f"q k v{turned} → {_attention(end)}"], "project"
    paths = _components(start, inside)
    if end.kind != "multiply":
        told = [_brief(path) for path in paths]
        beside = [f"│ {path}" for path in told if path]
        return [*beside, *_folded(paths), words(end)], ""
    if not any(op.kind in WEIGHTED for op in inside):
        return ["× itself, bent"], ""
    if gate := _gated(paths):
        return [gate], "down"
    gated = [path for path in paths if not _is_gate(path)]
    return [line for path in gated for line in lines(path)] + [words(end)], ""


def _attends(inside: list[Op], end: Op) -> bool:
    """Says whether positions are mixed by what they hold: softmax(q k) v."""
    if end.kind == "attention":
        return len({*end.sources}) > 1
    if not any(op.kind == "dense" for op in inside):
        return False
    products = [op for op in (*inside, end) if type(op.layer).__name__ in _PRODUCTS]
    return end in products and len(products) > 1 and any(map(_is_softmax, inside))


def _is_softmax(op: Op) -> bool:
    return op.kind == "act" and words(op).endswith("softmax")


def _gated(paths: list[list[Op]]) -> str:
    """Tells a gated linear unit: two dense layers, one of them bent."""
    told = [[op for op in path if words(op)] for path in paths]
    if [[op.kind for op in path if op.kind != "act"] for path in told] != [
        ["dense"]
    ] * 2:
        return ""
    bent, plain = sorted(told, key=lambda path: -len(" ".join(map(words, path))))
    ends = [words(path[0]).split(" · ") for path in (bent, plain)]
    acts = [*ends[0][1:], *map(words, bent[1:])]
    if len(acts) != 1 or len(ends[1]) > 1 or len(plain) > 1:
        return ""
    return f"gate, {acts[0]} × up{ends[1][0].removeprefix('dense')}"


def _is_gate(path: list[Op]) -> bool:
    squeezes = any(type(op.layer).__name__.startswith("Global") for op in path)
    return squeezes or words(path[-1]).endswith("sigmoid")


def _components(start: int, ops: list[Op]) -> list[list[Op]]:
    """Splits operations into those that hang together without their common start."""
    group: dict[int, list[Op]] = {}
    for op in ops:
        mine = [op]
        near = {id(group[s]): group[s] for s in op.sources if s in group and s != start}
        for other in near.values():
            mine = other + mine
        for member in mine:
            group[member.index] = mine
    unique = {id(members): members for members in group.values()}
    return list(unique.values())


def _folded(paths: list[list[Op]]) -> list[str]:
    """Says what `_brief` leaves out: the norms and the like that follow its layers."""
    found = [
        " · ".join(words(op) for op in chunk if op.kind in BESIDE)
        for path in paths
        for chunk in chunks(path)
        if any(op.kind in WEIGHTED for op in chunk)
    ]
    told = dict.fromkeys(filter(None, found))
    if len({*found}) == 1:
        kinds = {op.kind for path in paths for op in path} & WEIGHTED
        each = "each conv" if kinds == {"conv"} else "each"
        return [f"{each} with {one}" for one in told]
    return [f"some with {' or '.join(told)}"] if told else []


def _brief(ops: Sequence[Op]) -> str:
    """Says what a chain does in one line, without norms and the like."""
    heads = [op for op in ops if op.kind not in BESIDE] or ops
    return " → ".join(text for op in heads if (text := words(op)))
