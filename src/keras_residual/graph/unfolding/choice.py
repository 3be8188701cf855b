"""Which layers of a model are opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_residual._keras import calls_its_graph, is_known, layers_in, own_weights
from keras_residual.compose.layers.block import Block
from keras_residual.graph.functional import inner_graph


@dataclass(frozen=True)
class Choice:
    """Which layers are opened.

    Args:
        deep: Whether Keras's own layers that hold layers are.
        opened: Classes and names of layers that are, whatever they are.
        closed: Classes and names of layers that are not.
    """

    deep: bool
    opened: tuple[Any, ...]
    closed: tuple[Any, ...]

    def any_in(self, model: Any) -> bool:
        """Says whether there is anything to open in a model that has a graph."""
        if not (calls_its_graph(model) or isinstance(model, keras.Sequential)):
            return True
        return any(self.opens(one) for one in layers_in(model) if not _is_plain(one))

    def opens(self, layer: Any) -> bool:
        """Says whether a layer is opened.

        Args:
            layer: A layer or an operation.
        """
        if _named(layer, self.closed):
            return False
        if _named(layer, self.opened) or isinstance(layer, keras.Model | Block):
            return True
        if not isinstance(layer, keras.layers.Layer):
            return False
        if isinstance(layer, keras.layers.TimeDistributed):
            return self.opens(layer.layer)
        inside = any(True for _ in layers_in(layer))
        if is_known(type(layer)):
            return self.deep and inside
        return inside or _may_branch(layer)


def _named(layer: Any, chosen: tuple[Any, ...]) -> bool:
    classes = tuple(one for one in chosen if isinstance(one, type))
    return isinstance(layer, classes) or layer.name in chosen


def _may_branch(layer: Any) -> bool:
    """Says whether a layer without layers has weights that a branch can be made of."""
    return any(len(weight.shape) > 1 for weight in own_weights(layer))


def _is_plain(layer: Any) -> bool:
    """Says whether a layer is a graph of its own, which is read as it is."""
    return inner_graph(layer) is not None and (
        calls_its_graph(layer) or isinstance(layer, keras.Sequential | Block)
    )


def hides_layers(model: Any) -> bool:
    """Says whether a model holds layers that are opened before it is read.

    Args:
        model: A layer or model.
    """
    return Choice(False, (), ()).any_in(model)
