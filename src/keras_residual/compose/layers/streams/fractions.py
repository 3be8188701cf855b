"""Fractions of a stream: its channels, cut, mixed and joined."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.hyper import (
    LaneWrite,
    handed_on,
    looked_at,
    mixed,
)
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
        return self.joined(mixed(inputs, self.coarse(keras.ops.transpose(self.read))))

    def joined(self, fractions: Any) -> Any:
        """Returns fractions as one tensor, their channels side by side."""
        *places, lanes, channels = shape(fractions)
        whole = keras.ops.reshape(fractions, (*places, lanes * channels))
        return back(whole, self.channels_first)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, *places, lanes, channels = input_shape
        wide = lanes * channels
        return (batch, wide, *places) if self.channels_first else (batch, *places, wide)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels_first": self.channels_first}


@keras.saving.register_keras_serializable(package="keras_residual")
class DynamicFractionRead(FractionRead):
    """Joins fractions with numbers that also depend on them.

    With `N` the normalised fractions: `Y = s_a tanh(N W_y) + Y_0`, `A = s_a tanh(N W_a)
    + A_0`, `b = s_b tanh(N W_b) + b_0`. Before training the `W` are zero, `Y_0` and
    `A_0` are the identity, and `b_0` is one. The writing takes `b`, and the rows of the
    transposed `A`.

    Args:
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def build(self, input_shape: tuple) -> None:
        super().build(input_shape)
        lanes, channels = input_shape[-2:]
        self.gain = self.coefficient("gain", (channels,), "ones")
        self.dynamic = self.coefficient("dynamic", (channels, 2 * lanes + 1))
        self.read_scale = self.coefficient("read_scale", (), 0.01)
        self.write_scale = self.coefficient("write_scale", (), 0.01)
        self.write = self.coefficient("write", (lanes,), 1.0)
        self.mix = self.coefficient("mix", (lanes, lanes), "identity")

    def call(self, inputs: Any) -> Any:
        lanes = inputs.shape[-2]
        seen = looked_at(self.precise(inputs), self.gain, self.dynamic)
        places = self.read + self.read_scale * seen[..., :lanes]
        mix = self.mix + self.read_scale * seen[..., lanes : 2 * lanes]
        write = self.write + self.write_scale * seen[..., -1]
        turned = keras.ops.swapaxes(places, -1, -2)
        read = self.joined(mixed(inputs, self.coarse(turned)))
        return [read, handed_on(write, mix)]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return [super().compute_mask(inputs, previous_mask), None]

    def compute_output_spec(self, inputs: Any, **_: Any) -> list[keras.KerasTensor]:
        *places, lanes, _channels = inputs.shape
        read = self.compute_output_shape(inputs.shape)
        return [
            keras.KerasTensor(read, self.compute_dtype),
            keras.KerasTensor((*places, lanes + lanes * lanes), self.exact),
        ]


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


@keras.saving.register_keras_serializable(package="keras_residual")
class DynamicFractionWrite(LaneWrite):
    """Mixes the fractions and adds to each its part of the change, as was read.

    Args:
        channels_first: Whether the channels of the change come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def by_lane(self, change: Any, stream: Any) -> Any:
        return keras.ops.reshape(change, shape(stream))
