"""Which inputs of a model are numbers of things: of words, of classes."""

from __future__ import annotations

import keras

from keras_residual.graph.graph import Graph
from keras_residual.graph.kinds import reads_shape_alone
from keras_residual.graph.op import Op

_LOOKS_UP = ("CategoryEncoding", "OneHot", "Take", "TakeAlongAxis")
_PASSES = ("identity", "reshape", "slice")


def numbers_of_things(model: keras.Model) -> list[str]:
    """Returns the names of the inputs that things are looked up by, and nothing else.

    Args:
        model: A functional model.
    """
    graph = Graph(model)
    pairs = zip(model.inputs, graph.inputs, strict=True)
    return [tensor.name for tensor, index in pairs if _looks_up(graph, index)]


def _looks_up(graph: Graph, index: int) -> bool:
    found, todo = False, [index]
    while todo:
        point = todo.pop()
        for reader in (graph.ops[user] for user in graph.users[point]):
            if _is_lookup(reader, point):
                found = True
            elif reader.kind in _PASSES and "float" in reader.dtype:
                todo.append(reader.index)
            elif "float" in reader.dtype and not reads_shape_alone(reader.layer):
                return False
    return found


def _is_lookup(op: Op, point: int) -> bool:
    """Says whether an operation looks things up by what stands at a point."""
    known = op.kind == "embedding" or type(op.layer).__name__ in _LOOKS_UP
    return known and (len(op.sources) == 1 or op.sources[0] != point)
