"""Finds the gates of a unit in the graph."""

from __future__ import annotations

from keras_residual.graph.graph import Graph, Op

_SIGMOIDS = ("sigmoid", "hard_sigmoid")
_MOVES = ("identity", "reshape")


def gate_ops(graph: Graph, ops: tuple[Op, ...]) -> tuple[int, ...]:
    """Finds the gates among the factors of products.

    A gate is the factor that a sigmoid made, be it an operation of its own or the
    activation of a layer; reshapes between the two are looked through.

    Args:
        graph: The graph of the operations.
        ops: Where products are looked for.

    Returns:
        The operations whose values are the gates.
    """
    found = [
        source
        for op in ops
        if op.kind == "multiply" and len(op.sources) > 1
        for source in op.sources
        if _sigmoid(_behind_moves(graph, graph.ops[source]))
    ]
    return tuple(dict.fromkeys(found))


def _behind_moves(graph: Graph, op: Op) -> Op:
    while op.kind in _MOVES and len(op.sources) == 1:
        op = graph.ops[op.sources[0]]
    return op


def _sigmoid(op: Op) -> bool:
    activation = getattr(op.layer, "activation", None)
    name = getattr(activation, "__name__", type(op.layer).__name__).lower()
    return name.replace("hardsigmoid", "hard_sigmoid") in _SIGMOIDS
