"""Finds the residual units of any Keras model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod

from keras_residual.graph.connected import connected
from keras_residual.graph.found import Unit
from keras_residual.graph.gating import gate_sums, lerped_by, weighs
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import WEIGHTED, kind_of
from keras_residual.graph.paths import Parting, part
from keras_residual.graph.reliance import Reliance
from keras_residual.graph.sums import Merges
from keras_residual.graph.windows import is_transposed, strides

# What a shortcut is called, by the gravest operation on it.
_SHORTCUTS = {
    "conv": "projection",
    "dense": "projection",
    "multiply": "gated",
    "act": "activated",
    "norm": "normalised",
    "dropout": "dropped",
    "pad": "padded",
    "pool": "pooled",
    "upsample": "upsampled",
    "slice": "sliced",
    "scale": "scaled",
    "reshape": "reshaped",
    "op": "other",
}
_LEARNED = ("undecidable", "projection", "pooled_projection")
_MOVES = ("dropout", "identity", "reshape", "scale", "slice")


def units_of(graph: Graph) -> list[Unit]:
    """Finds the residual units of a graph that is read already."""
    merges, reliance, found = Merges(graph), Reliance(graph), {}
    for op in graph.ops:
        if (told := connected(graph, op, found)) is not None:
            unit = _unit(graph, op, told.form, told.parting, told.operands)
            found[op.index] = replace(unit, kind=told.kind)
        elif (form := merges.form(op)) is not None:
            _take(graph, op, form, reliance, found)
    return [
        one
        for one in found.values()
        if not _is_change(graph, one, found) and not _gathers(graph, one, found)
    ]


def _is_change(graph: Graph, unit: Unit, found: dict[int, Unit]) -> bool:
    """Says whether a sum without a shortcut is what another unit adds to its stream.

    As that of experts that all share with those that were chosen.
    """
    if unit.form != "add" or unit.shortcut is not None:
        return False
    index = unit.merge.index
    while len(graph.users[index]) == 1:
        before, (index,) = index, graph.users[index]
        if index in found:
            outer = found[index]
            return before in outer.ends and graph.reaches(
                outer.entry.index, unit.entry.index
            )
        if graph.ops[index].kind not in _MOVES:
            return False
    return False


def _gathers(graph: Graph, unit: Unit, found: dict[int, Unit]) -> bool:
    """Says whether a sum gathers what other units give beside their own stream.

    As the forecasts of N-BEATS, or the skips of WaveNet: each is read inside a branch,
    and others behind what the same branch is merged into. Where every path into that
    merge is learned, as in a cell of NASNet, there is no stream to read beside.
    """
    if unit.form != "add" or unit.kind == "identity":
        return False
    last, *rest = sorted(_all(unit), reverse=True)
    others = [
        one
        for one in found.values()
        if one.kind not in _LEARNED and unit.entry.index < one.merge.index
    ]
    return bool(rest) and all(
        any(
            _reads_inside(graph, one, o) and graph.reaches(one.merge.index, last)
            for one in others
        )
        for o in rest
    )


def _reads_inside(graph: Graph, unit: Unit, point: int) -> bool:
    """Says whether a point is computed from a branch, and not from what it changes."""
    if graph.reaches(unit.merge.index, point):
        return False
    inside = {op.index for branch in unit.branches for op in branch}
    return any(graph.reaches(index, point) for index in inside - {unit.merge.index})


def _take(
    graph: Graph, op: Op, form: str, reliance: Reliance, found: dict[int, Unit]
) -> None:
    """Adds the unit that a merge is, if it is one."""
    parting, operands, inner = _parting(graph, op, form, found)
    if parting is None or not _is_unit(graph, op, form, parting, operands):
        return
    if not reliance.is_stream(parting.entry):
        return  # such as a mask of tokens, added to scores in every layer
    if not any(reliance.relies(o, parting.entry) for o in _change(parting, operands)):
        return  # such as tokens and an embedding of their positions
    if form == "add" and reliance.turns(operands):
        return
    lerped = lerped_by(graph, parting, operands, found)
    if lerped:
        lerped += gate_sums(graph, op, parting.entry, found)
    for absorbed in (*inner, *lerped):
        del found[absorbed]
    unit = _unit(graph, op, form, parting, operands)
    found[op.index] = replace(unit, kind="gated") if lerped else unit


def _parting(
    graph: Graph, op: Op, form: str, found: dict[int, Unit]
) -> tuple[Parting | None, list[int], list[int]]:
    """Finds where the paths part; sums from the same entry are taken in."""
    operands, inner = list(op.sources), []
    if form == "add":
        inner = [i for i in op.sources if _feeds_only(graph, i, op, found)]
    if inner:
        wide = [o for i in operands for o in (_all(found[i]) if i in inner else [i])]
        parting = part(graph, op, wide)
        entry = None if parting is None else parting.entry
        if all(found[i].entry.index == entry for i in inner):
            return parting, wide, inner
    return part(graph, op, operands), operands, []


def _feeds_only(graph: Graph, index: int, op: Op, found: dict[int, Unit]) -> bool:
    inner = found.get(index)
    return bool(
        inner is not None and inner.form == "add" and graph.users[index] == [op.index]
    )


def _all(unit: Unit) -> list[int]:
    if unit.shortcut is None:
        return list(unit.ends)
    end = unit.shortcut[-1] if unit.shortcut else unit.entry
    return [end.index, *unit.ends]


def _is_unit(
    graph: Graph, merge: Op, form: str, parting: Parting, operands: list[int]
) -> bool:
    """Asks of all merges but sums that they have a shortcut and learn a change.

    A sum may add what is not learned where it is onto the stream itself, or of pools.
    Where no path is plain, or slices are added up, step after step, something must be,
    and a sum that only makes a gate is none, nor one of each row and each column.
    """
    if form == "add":
        weighed = parting.shortcut is None and weighs(graph, merge)
        if weighed or all(graph.ops[o].shape != merge.shape for o in operands):
            return False  # of convolutional block attention, of graph attention
        return not _is_bent(graph, parting, operands) or _learns(
            graph, parting, operands
        )
    if parting.shortcut is None:
        return False
    if form == "concatenate" and _kind(graph, parting) not in ("identity", "sliced"):
        return False
    shapes = {graph.ops[o].shape for o in operands}
    if form != "concatenate" and len(shapes) > 1:
        return False  # x - mean(x)
    return _learns(graph, parting, _change(parting, operands))


def _is_bent(graph: Graph, parting: Parting, operands: list[int]) -> bool:
    kind = _kind(graph, parting)
    twins = kind == "undecidable" and parting.entry not in operands
    twins = twins and not _pools(graph, parting, operands)
    slices = graph.ops[parting.entry].kind == "slice"
    return twins or slices or kind in ("gated", "sliced")


def _pools(graph: Graph, parting: Parting, ends: Iterable[int]) -> bool:
    between = (op for one in ends for op in graph.between(parting.entry, one))
    return any(op.kind == "pool" for op in between)


def _learns(graph: Graph, parting: Parting, ends: Iterable[int]) -> bool:
    return any(
        op.kind in WEIGHTED for o in ends for op in graph.between(parting.entry, o)
    )


def _change(parting: Parting, operands: list[int]) -> tuple[int, ...]:
    return tuple(o for k, o in enumerate(operands) if k != parting.shortcut)


def _unit(graph: Graph, op: Op, form: str, parting: Parting, operands: list) -> Unit:
    entry, known = graph.ops[parting.entry], parting.shortcut is not None
    return Unit(
        path=op.path,
        entry=entry,
        merge=op,
        form=form,
        kind=_kind(graph, parting),
        shortcut=parting.carried if known else None,
        after=_after(graph, op),
        stride=_stride(graph, entry, op, parting.carried),
        channels=_channels(graph, op),
        graph=graph,
        ends=_change(parting, operands),
    )


def _kind(graph: Graph, parting: Parting) -> str:
    if parting.shortcut is None:
        return "undecidable"
    kinds = {op.kind for op in parting.carried if not _is_way(op)}
    if not any(_widens(graph, op) for op in parting.carried) and "pool" in kinds:
        kinds.discard("pad")  # it only completes the windows of the pool
    name = next((name for k, name in _SHORTCUTS.items() if k in kinds), "identity")
    return "pooled_projection" if name == "projection" and "pool" in kinds else name


def _is_way(op: Op) -> bool:
    """Says whether it is one of several whole streams that a layer makes."""
    return op.kind == "slice" and kind_of(op.layer) == "collect"


def _widens(graph: Graph, op: Op) -> bool:
    before = graph.ops[op.sources[0]]
    return op.kind == "pad" and _channels(graph, op) != _channels(graph, before)


def _after(graph: Graph, op: Op) -> tuple[Op, ...]:
    found: list[Op] = []
    while len(graph.users[op.index]) == 1:
        op = graph.ops[graph.users[op.index][0]]
        if op.kind not in ("act", "norm"):
            break
        found.append(op)
    return tuple(found)


def _stride(graph: Graph, entry: Op, merge: Op, carried: tuple[Op, ...]) -> int | float:
    """Multiplies the shortcut's strides; where they do not tell, compares the sizes."""
    known = [max(said) for op in carried if (said := strides(op.layer, ()))]
    if known and not any(_resizes(op) for op in carried):
        return prod(known)
    return _ratio(_positions(graph, entry), _positions(graph, merge))


def _resizes(op: Op) -> bool:
    return op.kind in ("slice", "upsample") or is_transposed(op.layer)


def _channels(graph: Graph, op: Op) -> int | None:
    return op.shape[1 if graph.channels_first(op) else -1]


def _positions(graph: Graph, op: Op) -> tuple[int | None, ...]:
    return op.shape[2:] if graph.channels_first(op) else op.shape[1:-1]


def _ratio(before: tuple, after: tuple) -> int | float:
    ratios = [
        round(b / a) if b >= a else a and b / a
        for b, a in zip(before, after, strict=False)
        if a and b
    ]
    return max(ratios, default=1)
