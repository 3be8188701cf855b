"""Sums and differences that belong to a gate, and join no paths of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.paths import Parting
from keras_residual.graph.windows import is_pointwise

_MAKES = ("act", "identity", "reshape", "scale")


def weighs(graph: Graph, op: Op) -> bool:
    """Says whether all that an operation makes is to weigh what is larger than it.

    As the sum of what maxima and means of a stream became, in an attention of channels.

    Args:
        graph: The graph.
        op: A sum.
    """
    bent = False
    while len(users := graph.users[op.index]) == 1:
        before, op = op, graph.ops[users[0]]
        if op.kind == "multiply":
            return bent and before.shape != op.shape
        if op.kind not in _MAKES:
            return False
        bent = bent or op.kind == "act"
    return False


def lerped_by(
    graph: Graph, parting: Parting, operands: list[int], found: Mapping[int, Any]
) -> list[int]:
    """Finds the difference in `x + gate * (f(x) - x)`, which belongs to the gate.

    Args:
        graph: The graph.
        parting: Where the paths of the sum part.
        operands: What it adds.
        found: The units that are known already, by their merges.
    """
    factors = [
        source
        for k, o in enumerate(operands)
        if k != parting.shortcut and graph.ops[o].kind == "multiply"
        for source in graph.ops[o].sources
    ]
    return [
        f
        for f in factors
        if f in found
        and found[f].form == "subtract"
        and found[f].entry.index == parting.entry
    ]


def gate_sums(
    graph: Graph, merge: Op, entry: int, found: Mapping[int, Any]
) -> list[int]:
    """Finds the sums of two products of which a gate is made, as that of a GRU.

    Each adds a matrix times the change to a matrix times the stream, is bent, and then
    multiplies something or is subtracted from.

    Args:
        graph: The graph.
        merge: Where the gated unit ends.
        entry: Where it begins.
        found: The units that are known already, by their merges.
    """
    return [
        index
        for index, unit in found.items()
        if unit.entry.index == entry
        and graph.reaches(index, merge.index)
        and _makes_gate(graph, graph.ops[index])
    ]


def gated_change(graph: Graph, entry: int, merge: int) -> int | None:
    """Returns the change that all sums of a gate read; None where it has none.

    Args:
        graph: The graph.
        entry: Where the gated unit begins.
        merge: Where it ends.
    """
    sums = [op for op in graph.between(entry, merge) if _makes_gate(graph, op)]
    read = [{s for o in op.sources for s in graph.ops[o].sources} for op in sums]
    shared = set.intersection(*read) - {entry} if len(read) > 1 else set()
    return shared.pop() if len(shared) == 1 else None


def _makes_gate(graph: Graph, op: Op) -> bool:
    users = [graph.ops[user] for user in graph.users[op.index]]
    if op.kind != "add" or [user.kind for user in users] != ["act"]:
        return False
    ends = {graph.ops[user].kind for user in graph.users[users[0].index]}
    if len(op.sources) != 2 or not ends <= {"multiply", "subtract"}:
        return False
    return all(map(_is_product, (graph.ops[source] for source in op.sources)))


def _is_product(op: Op) -> bool:
    return op.kind == "dense" or (op.kind == "conv" and is_pointwise(op.layer))
