"""Where the branches of a connection of streams write."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from keras_residual.graph.graph import Graph
from keras_residual.graph.op import Op
from keras_residual.graph.paths import Parting


@dataclass(frozen=True)
class Written:
    """How a branch meets its stream.

    Args:
        form: How the change joins the stream.
        kind: What happens to the stream.
        parting: The stream before the branch, and what carries it.
        operands: The stream, where one carries it, and the end of the branch.
    """

    form: str
    kind: str
    parting: Parting
    operands: list[int]


def connected(graph: Graph, op: Op, found: Container[int]) -> Written | None:
    """Returns how a branch is written into a stream; None of other operations.

    Args:
        graph: The graph that the operation lies in.
        op: An operation.
        found: The merges of the units that are known already.
    """
    layer: Any = op.layer
    if op.kind == "write":
        stream, change, *_ = op.sources
        parting = Parting(stream, 0)
        return Written(layer.form, layer.carries, parting, [stream, change])
    if op.kind != "collect" or not layer.joins or op.sources[-1] in found:
        return None
    newest = op.sources[-1]
    inside = graph.between(op.sources[0], newest)
    reads = [one.index for one in inside if one.kind == "collect"]
    entry = max(reads, default=op.sources[0])
    return Written("history", "history", Parting(entry), [newest])
