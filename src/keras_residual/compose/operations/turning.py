"""What acts along one axis, on tensors of either data format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import Count
from keras_residual.compose.axes import channel_axis, rank
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor


def channels_last(x: Tensor, apply: Callable[[Tensor], Tensor], name: str) -> Tensor:
    """Applies what takes the channels for the last axis, whatever the data format."""
    if channel_axis(x) == -1:
        return apply(x)
    last = len(x.shape) - 1
    x = keras.layers.Permute((*range(2, last + 1), 1), name=f"{name}_open")(x)
    back = keras.layers.Permute((last, *range(1, last)), name=f"{name}_close")
    return back(apply(x))


def pointwise(x: Tensor, scope: Scope, units: Count, **options: Any) -> Tensor:
    """Multiplies the channels of each position with a matrix."""
    layer = keras.layers.Dense(units, name=scope.name("dense"), **options)
    return channels_last(x, layer, layer.name)


def steps_last(x: Tensor, apply: Callable[[Tensor], Tensor], name: str) -> Tensor:
    """Applies what mixes the steps of a sequence along the last axis."""
    if channel_axis(x) == 1:
        return apply(x)
    x = keras.layers.Permute((2, 1), name=f"{name}_open")(x)
    return keras.layers.Permute((2, 1), name=f"{name}_close")(apply(x))


def need_sequence(x: Tensor, scope: Scope, what: str) -> None:
    """Refuses what has no axis of steps, or more than one.

    Raises:
        ResidualError: `x` is no sequence.
    """
    if rank(x) != 1:
        raise ResidualError(
            f"{scope.where}: {what} does not take a tensor {x.shape}.",
            needed="It needs a sequence (batch, steps, channels).",
            write="keras.layers.Reshape((-1, channels)), before it",
        )
