"""Where a tensor keeps its channels; every part is agnostic of rank and layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.part import Tensor


def rank(x: Tensor) -> int:
    """Returns the number of axes that are neither batch nor channels."""
    return len(x.shape) - 2


def channel_axis(x: Tensor) -> int:
    """Returns 1 for `channels_first` tensors that have a place to be, else -1."""
    first = keras.config.image_data_format() == "channels_first"
    return 1 if first and rank(x) else -1


def channels(x: Tensor, where: str) -> int:
    """Returns the number of channels.

    Raises:
        ResidualError: The tensor does not say.
    """
    if len(x.shape) < 2 or x.shape[channel_axis(x)] is None:
        raise ResidualError(
            f"{where}: the channels of a tensor {x.shape} are not known.",
            needed="Weights need them.",
            write="keras.Input with its last size, or the layout of the data:  "
            "keras.config.set_image_data_format",
        )
    return x.shape[channel_axis(x)]


def spatial(shape: tuple) -> tuple:
    """Returns the sizes that are not channels, of a shape without the batch axis."""
    if len(shape) > 1 and keras.config.image_data_format() == "channels_first":
        return shape[1:]
    return shape[:-1]


def places(x: Tensor) -> range:
    """Returns the axes that are neither batch nor channels."""
    first = 2 if channel_axis(x) == 1 else 1
    return range(first, first + rank(x))


def each(sizes: int | tuple[int, ...], x: Tensor) -> tuple[int, ...]:
    """Returns a size for each axis that is neither batch nor channels."""
    return (sizes,) * rank(x) if isinstance(sizes, int) else tuple(sizes)


def layer_for(kind: str, x: Tensor, where: str) -> Callable[..., Any]:
    """Returns Keras's layer class for the rank of `x`: `Conv2D` for a picture.

    Raises:
        ResidualError: Keras has no such layer for the rank.
    """
    if (found := getattr(keras.layers, f"{kind}{rank(x)}D", None)) is None:
        raise ResidualError(
            f"{where}: {kind} does not take a tensor {x.shape}.",
            needed="It needs (batch, steps, channels), (batch, height, width, "
            "channels) or (batch, depth, height, width, channels).",
            write="dense, for plain features"
            if len(x.shape) > 1
            else "an input with its axes, such as (32, 32, 3) for pictures",
        )
    return found
