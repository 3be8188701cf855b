"""Layers that hold layers of their own, which a graph does not show."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual._keras import is_known, layers_in
from keras_residual.graph.graph import Graph, Op


def closed_layers(graph: Graph) -> list[Op]:
    """Returns the first call of each layer that is not looked into.

    A model in `TimeDistributed`, a subclassed model and a custom layer that is made of
    layers may hold residual units. Keras's own layers, such as attention or a
    bidirectional LSTM, hold none, unless a model or a custom layer is in them.

    Args:
        graph: The graph of a model.
    """
    first: dict[int, Op] = {}
    for op in graph.ops:
        if op.kind not in ("input", "slice"):
            first.setdefault(id(op.layer), op)
    return [op for op in first.values() if _is_closed(op.layer)]


def _is_closed(layer: Any) -> bool:
    if not isinstance(layer, keras.layers.Layer):
        return False
    inside = layers_in(layer)
    if not is_known(type(layer)):
        return any(True for _ in inside)
    return any(isinstance(one, keras.Model) or _made_of_layers(one) for one in inside)


def _made_of_layers(layer: Any) -> bool:
    return not is_known(type(layer)) and any(True for _ in layers_in(layer))
