"""Sizes that are known with the data alone: padded to a multiple, and cropped back."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_residual")
class PadToMultiple(keras.layers.Layer):
    """Pads each axis of places with zeros, to the next multiple of a number.

    Both sides get as much; the end gets one more where that is odd.

    Args:
        multiple: The number.
        axis: The axis of the channels, -1 or 1.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, ..., channels)`, or `(batch, channels, ...)` with `axis=1`.

    Output shape:
        The same, of larger sizes.

    Examples:
        >>> kr.layers.PadToMultiple(4)(keras.Input((6, 7, 2))).shape
        (None, 8, 8, 2)
    """

    def __init__(self, multiple: int, *, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.multiple, self.axis = multiple, axis

    def call(self, inputs: Any) -> Any:
        sizes: Any = keras.ops.shape(inputs)
        for axis in _places(inputs, self.axis):
            size = sizes[axis]
            whole = -(-size // self.multiple) * self.multiple
            # Not `ops.pad`, which takes no size that only the data tells.
            taken: Any = keras.ops.arange(whole) - (whole - size) // 2
            inside = keras.ops.logical_and(taken >= 0, taken < size)
            along = [1] * len(inputs.shape)
            along[axis] = -1
            inside = keras.ops.reshape(keras.ops.cast(inside, inputs.dtype), along)
            taken = keras.ops.clip(taken, 0, size - 1)
            found: Any = keras.ops.take(inputs, taken, axis=axis)
            inputs = found * inside
        return inputs

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        sizes = list(input_shape)
        for axis in _places(input_shape, self.axis):
            if sizes[axis] is not None:
                sizes[axis] = -(-sizes[axis] // self.multiple) * self.multiple
        return tuple(sizes)

    def get_config(self) -> dict[str, Any]:
        own = {"multiple": self.multiple, "axis": self.axis}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class CropLike(keras.layers.Layer):
    """Crops its first input to the places of its second, from the middle.

    Args:
        axis: The axis of the channels, -1 or 1.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Two tensors of as many axes.

    Output shape:
        The places of the second, and the channels of the first.

    Examples:
        >>> x, y = keras.Input((8, 8, 2)), keras.Input((6, 7, 3))
        >>> kr.layers.CropLike()([x, y]).shape
        (None, 6, 7, 2)
    """

    def __init__(self, *, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        x, like = inputs
        sizes: Any = keras.ops.shape(x)
        wanted: Any = keras.ops.shape(like)
        for axis in _places(x, self.axis):
            first = (sizes[axis] - wanted[axis]) // 2
            taken: Any = keras.ops.arange(wanted[axis]) + first
            x = keras.ops.take(x, taken, axis=axis)
        return x

    def compute_output_shape(self, input_shape: Any) -> tuple:
        sizes, like = list(input_shape[0]), input_shape[1]
        for axis in _places(sizes, self.axis):
            sizes[axis] = like[axis]
        return tuple(sizes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def _places(x: Any, axis: int) -> list[int]:
    rank = len(getattr(x, "shape", x))
    return [a for a in range(1, rank) if a != axis % rank]
