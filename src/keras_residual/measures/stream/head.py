"""What a network reads from its stream: the logits before its last softmax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras

from keras_residual.graph.activations import activation_name
from keras_residual.graph.graph import Graph
from keras_residual.graph.op import Op
from keras_residual.graph.running import Edit

_SHARES = {"softmax": "softmax", "logsoftmax": "softmax", "sigmoid": "sigmoid"}


@dataclass(frozen=True)
class Head:
    """Where logits are read.

    Args:
        output: Which output of the model it is.
        op: The operation that makes them.
        bare: The layer of that operation without its activation, where it has one.
        share: What makes probabilities of them: "softmax", "sigmoid", or "".
        first: Whether the classes are the axis after the batch.
    """

    output: int
    op: Op
    bare: Any = None
    share: str = ""
    first: bool = False

    def edits(self, graph: Graph) -> Mapping[int, Edit]:
        """Returns what takes the activation off, for a run.

        Args:
            graph: The graph of the model.
        """
        if self.bare is None:
            return {}
        op = replace(self.op, layer=self.bare)
        return {op.index: lambda _, values: graph.run(op, values)}

    def classes_last(self, logits: Any) -> Any:
        """Returns logits with the classes as the last axis.

        Args:
            logits: As the network has them.
        """
        return keras.ops.moveaxis(logits, 1, -1) if self.first else logits


def head_of(graph: Graph, output: int) -> Head:
    """Returns where an output's logits are, before what makes probabilities of them.

    Args:
        graph: The graph of a model.
        output: Which of its outputs.
    """
    op = graph.ops[graph.outputs[output]]
    while op.kind in ("identity", "dropout") and len(op.sources) == 1:
        op = graph.ops[op.sources[0]]
    share = _share(op)
    if share and op.kind == "act":
        op = graph.ops[op.sources[0]]
        while op.kind == "identity" and len(op.sources) == 1:
            op = graph.ops[op.sources[0]]
        bare = None
    else:
        bare = without_activation(op.layer) if share else None
    first = graph.channels_first(op) and len(op.shape) > 2
    return Head(output, op, bare, share, first)


def _share(op: Op) -> str:
    layer = op.layer
    while isinstance(layer, keras.layers.TimeDistributed):
        layer = layer.layer
    name = activation_name(layer).replace("_", "")
    if op.kind not in ("act", "dense", "conv", "layer"):
        return ""
    return _SHARES.get(name, "")


def without_activation(layer: Any) -> Any:
    """Returns a layer that is another one, with its weights, and has no activation.

    It is no copy: it holds what the other one holds. Only to be called.

    Args:
        layer: A layer with an activation, or one in `TimeDistributed`.
    """
    bare = object.__new__(type(layer))
    vars(bare).update(vars(layer))
    if isinstance(layer, keras.layers.TimeDistributed):
        vars(bare)["layer"] = without_activation(layer.layer)
    else:
        vars(bare)["activation"] = keras.activations.linear
    return bare
