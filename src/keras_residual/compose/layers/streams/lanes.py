"""From one tensor to a stream of lanes, and back."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.stream import StreamLayer, shape


def last(x: Any, first: bool) -> Any:
    """Moves the channels behind the places, where they come before them."""
    return keras.ops.moveaxis(x, 1, -1) if first else x


def back(x: Any, first: bool) -> Any:
    """Moves the channels back before the places."""
    return keras.ops.moveaxis(x, -1, 1) if first else x


@keras.saving.register_keras_serializable(package="keras_residual")
class OpenLanes(StreamLayer):
    """Opens a stream: repeats a tensor in each lane, or cuts its channels into them.

    Args:
        lanes: How many.
        cut: Whether the channels are cut, and not repeated.
        channels_first: Whether the channels of the tensor come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self,
        lanes: int,
        *,
        cut: bool = False,
        channels_first: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lanes, self.cut, self.channels_first = lanes, cut, channels_first

    def call(self, inputs: Any) -> Any:
        x = self.coarse(last(inputs, self.channels_first))
        if not self.cut:
            return keras.ops.repeat(keras.ops.expand_dims(x, -2), self.lanes, axis=-2)
        *places, channels = shape(x)
        return keras.ops.reshape(x, (*places, self.lanes, channels // self.lanes))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, *sizes = input_shape
        if self.channels_first:
            sizes = [*sizes[1:], sizes[0]]
        *places, channels = sizes
        wide = channels // self.lanes if self.cut else channels
        return (batch, *places, self.lanes, wide)

    def get_config(self) -> dict[str, Any]:
        own = {"lanes": self.lanes, "cut": self.cut}
        return {
            **super().get_config(),
            **own,
            "channels_first": self.channels_first,
        }


@keras.saving.register_keras_serializable(package="keras_residual")
class CloseLanes(StreamLayer):
    """Closes a stream: lanes become one tensor.

    Args:
        by: `"sum"` adds them; `"mean"` divides that by their number; `"join"` sets
            their channels side by side.
        channels_first: Whether the channels of the tensor come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self, by: str = "sum", *, channels_first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.by, self.channels_first = by, channels_first

    def call(self, inputs: Any) -> Any:
        if self.by == "join":
            *places, lanes, channels = shape(inputs)
            y = keras.ops.reshape(inputs, (*places, lanes * channels))
        else:
            y = {"sum": keras.ops.sum, "mean": keras.ops.mean}[self.by](inputs, axis=-2)
        return back(y, self.channels_first)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, *places, lanes, channels = input_shape
        wide = channels * (lanes if self.by == "join" else 1)
        return (batch, wide, *places) if self.channels_first else (batch, *places, wide)

    def get_config(self) -> dict[str, Any]:
        own = {"by": self.by, "channels_first": self.channels_first}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class Half(StreamLayer):
    """Returns one half of the channels.

    Args:
        second: Whether it is the second half.
        axis: The axis of the channels.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, second: bool = False, *, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.second, self.axis = bool(second), axis

    def call(self, inputs: Any) -> Any:
        halves: Any = keras.ops.split(self.coarse(inputs), 2, axis=self.axis)
        return halves[1 if self.second else 0]

    def compute_output_shape(self, input_shape: Any) -> tuple:
        sizes = list(input_shape)
        sizes[self.axis] //= 2
        return tuple(sizes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "second": self.second, "axis": self.axis}
