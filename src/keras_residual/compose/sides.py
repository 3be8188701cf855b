"""Elements added and taken away at the sides, where Keras's layers need help."""

from __future__ import annotations

import keras

from keras_residual.compose import axes
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor


def pad_channels(x: Tensor, before: int, after: int, scope: Scope) -> Tensor:
    """Pads the channel axis, by taking it for a spatial one.

    Keras pads spatial axes only. Read in the other data format, `(batch, height,
    width, channels)` is (batch, channels, height, width): its last axis is spatial.
    """
    first = axes.channel_axis(x) == 1
    name, sides = scope.name("pad"), (before, after)
    if not axes.rank(x):
        width = x.shape[-1] + before + after
        x = keras.layers.Reshape((x.shape[-1], 1), name=f"{name}_open")(x)
        rows = axes.layer_for("ZeroPadding", x, scope.where)
        x = rows(sides, data_format="channels_last", name=name)(x)
        return keras.layers.Reshape((width,), name=f"{name}_close")(x)
    others = [(0, 0)] * (axes.rank(x) - 1)
    around = [sides, *others] if first else [*others, sides]
    swapped = "channels_last" if first else "channels_first"
    pad = axes.layer_for("ZeroPadding", x, scope.where)
    return pad(around if others else sides, data_format=swapped, name=name)(x)


def crop_sides(x: Tensor, borders: list[tuple[int, int]], scope: Scope) -> Tensor:
    """Takes elements away on both sides of each spatial axis."""
    name = scope.name("crop")
    layer = axes.layer_for("Cropping", x, scope.where)
    if len(borders) > 1:
        return layer(borders, name=name)(x)
    if axes.channel_axis(x) != 1:
        return layer(borders[0], name=name)(x)
    # Keras crops sequences along their first axis only.
    x = keras.layers.Permute((2, 1), name=f"{name}_open")(x)
    x = layer(borders[0], name=name)(x)
    return keras.layers.Permute((2, 1), name=f"{name}_close")(x)


def shift(x: Tensor, scope: Scope) -> Tensor:
    """Moves all elements one on along each axis; zeros come in before them."""
    before = [(1, 0)] * axes.rank(x)
    pad = axes.layer_for("ZeroPadding", x, scope.where)
    sides = before if len(before) > 1 else before[0]
    x = pad(sides, name=scope.name("pad"))(x)
    return crop_sides(x, [(0, 1)] * axes.rank(x), scope)
