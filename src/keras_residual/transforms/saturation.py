"""Which calls of a graph tell less of their input than it holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import keras
import numpy as np

from keras_residual.graph.activations import activation_of
from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.graph.sums import settings_of
from keras_residual.graph.untouched import untouched

LOOPS = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.Wrapper)
"""Layers that call what is inside of them step by step, out of sight."""

_STILL = ("dropout", "identity", "reshape", "scale", "slice")  # what hides no number
_FAR = [[-1e4, -1e3, 1e3, 1e4]]
_BOUND = 300.0  # pixels are cut off at 255


def saturating(graph: Graph) -> list[Op]:
    """Returns the calls that end in what is bounded, or make whole numbers.

    Args:
        graph: The graph of a model. What is inside of a loop is not looked at.
    """
    known: dict[Any, bool] = {}
    return [op for op in graph.ops if _counts(graph, op) or _saturates(op, known)]


def behind(graph: Graph, index: int, found: Collection[Op]) -> Op | None:
    """Returns the saturating call that makes a value, or None.

    Args:
        graph: The graph of the model.
        index: Makes the value.
        found: The saturating calls.
    """
    op = graph.ops[index]
    while op not in found and op.kind in _STILL and op.sources:
        op = graph.ops[op.sources[0]]
    return op if op in found else None


def _counts(graph: Graph, op: Op) -> bool:
    """Says whether numbers become whole ones, or yes and no."""
    if op.kind not in ("identity", "op") or "float" in op.dtype:
        return False
    return any("float" in graph.ops[index].dtype for index in op.sources)


def _saturates(op: Op, known: dict[Any, bool]) -> bool:
    layer = op.layer
    if isinstance(layer, LOOPS):
        return False
    activation = layer if op.kind == "op" else activation_of(layer)
    if activation is None or getattr(activation, "weights", None):
        return False
    key: Any = activation
    if activation is layer and (settings := settings_of(layer)) is not None:
        key = type(layer), settings
    if key not in known:
        known[key] = _bounded(activation)
    return known[key]


def _bounded(activation: Any) -> bool:
    try:
        with untouched(activation):
            made = numbers(activation(keras.ops.convert_to_tensor(_FAR)))
    except Exception:  # one that needs another shape, or foreign code
        return False
    return bool(made.shape == (1, 4) and (np.abs(made) <= _BOUND).all())
