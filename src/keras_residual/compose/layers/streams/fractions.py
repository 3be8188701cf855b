"""Fractions of a stream: its channels, cut, mixed and joined."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.hyper import mixed
from keras_residual.compose.layers.streams.lanes import back, last
from keras_residual.compose.layers.streams.stream import StreamRead, StreamWrite, shape


@keras.saving.register_keras_serializable(package="keras_residual")
class FractionRead(StreamRead):
    """Joins fractions to what a branch reads: each place is a mix of all of them.

    Args:
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, *, channels_first: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels_first = channels_first

    def build(self, input_shape: tuple) -> None:
        lanes = input_shape[-2]
        self.read = self.coefficient("read", (lanes, lanes), "identity")

    def call(self, inputs: Any) -> Any:
        *places, lanes, channels = shape(inputs)
        found = mixed(inputs, self.coarse(keras.ops.transpose(self.read)))
        whole = keras.ops.reshape(found, (*places, lanes * channels))
        return back(whole, self.channels_first)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, *places, lanes, channels = input_shape
        wide = lanes * channels
        return (batch, wide, *places) if self.channels_first else (batch, *places, wide)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels_first": self.channels_first}


@keras.saving.register_keras_serializable(package="keras_residual")
class FractionWrite(StreamWrite):
    """Mixes the fractions and adds to each its part of the change, scaled.

    Args:
        channels_first: Whether the channels of the change come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    form, carries = "streams", "mixed"

    def __init__(self, *, channels_first: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels_first = channels_first

    def build(self, input_shape: Any) -> None:
        lanes = input_shape[0][-2]
        self.write = self.coefficient("write", (lanes, 1), 1.0)
        self.mix = self.coefficient("mix", (lanes, lanes), "identity")

    def call(self, inputs: Any) -> Any:
        stream, change = inputs
        change = last(self.coarse(change), self.channels_first)
        change = keras.ops.reshape(change, shape(stream))
        stream = mixed(stream, self.coarse(self.mixing(inputs)))
        return stream + self.coarse(self.write) * change

    def mixing(self, inputs: list[Any]) -> Any:
        del inputs
        return keras.ops.transpose(self.mix)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels_first": self.channels_first}
