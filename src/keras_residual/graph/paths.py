"""Where the paths of a merge part, and which of them is the shortcut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import NONLINEAR, WEIGHTED, fused_activation
from keras_residual.graph.windows import is_pointwise

LONGEST = 8  # operations on a shortcut; the longest published one has five

Cost = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Parting:
    """Where the paths of a merge part.

    Args:
        entry: The point that all paths start from.
        shortcut: Which operand the shortcut ends in; None where it is undecidable.
        carried: The operations on the shortcut.
    """

    entry: int
    shortcut: int | None = None
    carried: tuple[Op, ...] = ()


def part(graph: Graph, merge: Op, operands: list[int]) -> Parting | None:
    """Finds where the paths to these operands part, and which is the shortcut.

    Args:
        graph: The graph that the merge lies in.
        merge: The operation that joins the paths.
        operands: The points that it joins, with repetition.

    Returns:
        The parting; None where the operands have nothing in common.
    """
    common = graph.common(operands)
    found = (
        _identity(graph, merge, operands, common)
        or _cheapest(graph, operands, common)
        or _with_side_inputs(graph, merge, operands)
    )
    if found is None and common is not None:
        found = Parting(common)
    if found is None or "float" not in graph.ops[found.entry].dtype:
        return None  # numbers of tokens are no stream
    return found


def _identity(
    graph: Graph, merge: Op, operands: list[int], common: int | None
) -> Parting | None:
    """Finds an operand that all the others are computed from."""
    for k, point in enumerate(operands):
        same_shape = graph.ops[point].shape == merge.shape
        if point != common and (merge.kind != "concatenate" and not same_shape):
            continue
        if _source_of_all(graph, point, operands):
            twice = operands.count(point) > 1
            return Parting(point, None if twice else k)
    return None


def _source_of_all(graph: Graph, point: int, operands: list[int]) -> bool:
    others = set(operands) - {point}
    if others and len(graph.users[point]) < 2:
        return False
    return all(graph.reaches(point, other) for other in others)


def _cheapest(graph: Graph, operands: list[int], common: int | None) -> Parting | None:
    """Finds the operand that the least is done to on its way from the common point."""
    best: dict[int, tuple[Cost, tuple[Op, ...]]] = {}
    for k, point in enumerate(operands):
        for start, trail in _trails(graph, point, common):
            if start == common and (k not in best or _cost(trail) < best[k][0]):
                best[k] = _cost(trail), trail
    if not best or common is None:
        return None
    first, *rest = sorted(best, key=lambda k: best[k][0])
    if rest and best[rest[0]][0] == best[first][0]:
        return Parting(common)
    return Parting(common, first, best[first][1])


def _with_side_inputs(graph: Graph, merge: Op, operands: list[int]) -> Parting | None:
    """Finds a linear path from a point that the others are computed from, among else.

    A branch may read more than the stream: a time embedding, the memory of an encoder.
    Then no point dominates, and the shortcut must have the shape of the sum, so that
    the embedding itself, which is broadcast, is not taken for a stream.
    """
    for k, point in enumerate(operands):
        if graph.ops[point].shape != merge.shape:
            continue
        for start, trail in _trails(graph, point, None):
            others = {start, *operands[:k], *operands[k + 1 :]}
            linear = trail and not _cost(trail)[2]
            if linear and _source_of_all(graph, start, [*others]):
                return Parting(start, k, trail)
    return None


def _trails(
    graph: Graph, end: int, stop: int | None
) -> Iterator[tuple[int, tuple[Op, ...]]]:
    """Yields the points that short plain paths to `end` start from, with the paths.

    At a product the path goes through either factor: the other is its gate.
    """
    todo: list[tuple[int, tuple[Op, ...]]] = [(end, ())]
    while todo:
        point, trail = todo.pop()
        yield point, trail
        op = graph.ops[point]
        if point == stop or len(trail) == LONGEST or not _plain(op, trail):
            continue
        todo.extend((source, (op, *trail)) for source in dict.fromkeys(op.sources))


def _plain(op: Op, trail: tuple[Op, ...]) -> bool:
    if op.kind in WEIGHTED:
        known = op.kind in ("conv", "dense") and not _cost(trail)[0]
        return known and not _gates(op, trail)
    if op.kind == "multiply":
        return all(earlier.kind != "multiply" for earlier in trail)
    return len(set(op.sources)) == 1


def _gates(op: Op, trail: tuple[Op, ...]) -> bool:
    """Says whether a projection is bent, and then multiplies what the path carries."""
    bent = fused_activation(op.layer)
    for later in trail:
        if later.kind == "multiply":
            return bent
        bent = bent or later.kind in NONLINEAR
    return False


def _cost(trail: tuple[Op, ...]) -> Cost:
    """Counts what a path does to the stream, the gravest first.

    Weights; those wider than one pixel; non-linearities and gates; norms, scales and
    dropout; and what only moves values.
    """
    kinds = [op.kind for op in trail]
    heavy = [op for op in trail if op.kind in WEIGHTED]
    bent = sum(k in NONLINEAR or k == "multiply" for k in kinds)
    return (
        len(heavy),
        sum(not is_pointwise(op.layer) for op in heavy),
        bent + sum(fused_activation(op.layer) for op in heavy),
        sum(k in ("norm", "scale", "dropout") for k in kinds),
        sum(k not in ("identity",) for k in kinds),
    )
