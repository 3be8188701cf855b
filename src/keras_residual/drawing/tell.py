"""What stands between two points of a graph, in lines."""

from __future__ import annotations

from keras_residual.drawing.words import brief, lines, words
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import WEIGHTED


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
        told += [lines(chain[::-1]), _side_by_side(graph, point, op)]
        chain, at = [], point
    told.append(lines(chain[::-1]))
    return [line for part in reversed(told) for line in part]


def _common(graph: Graph, points: list[int]) -> int:
    common = graph.common(points)
    return -1 if common is None else common


def _side_by_side(graph: Graph, start: int, end: Op) -> list[str]:
    inside = [op for op in graph.between(start, end.index) if op is not end]
    paths = _components(start, inside)
    if end.kind != "multiply":
        told = [brief(path) for path in paths]
        return [f"│ {path}" for path in told if path] + [words(end)]
    if not any(op.kind in WEIGHTED for op in inside):
        return ["× itself, bent"]
    gated = [path for path in paths if not _is_gate(path)]
    return [line for path in gated for line in lines(path)] + [words(end)]


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
