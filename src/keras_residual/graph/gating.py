"""Sums and differences that belong to a gate, and join no paths of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.paths import Parting

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
