"""Hyper-connections: lanes that are read, mixed and written with learned numbers."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.lanes import back, last
from keras_residual.compose.layers.streams.stream import (
    StreamRead,
    StreamWrite,
    one_of,
    shape,
)


def read_lanes(stream: Any, weights: Any) -> Any:
    """Returns the weighted sum of the lanes."""
    row = keras.ops.expand_dims(weights, -2)
    return keras.ops.squeeze(keras.ops.matmul(row, stream), axis=-2)


def mixed(stream: Any, matrix: Any) -> Any:
    """Returns lanes that are mixed: row `i` of the matrix makes lane `i`."""
    return keras.ops.matmul(matrix, stream)


def written(stream: Any, change: Any, into: Any) -> Any:
    """Returns lanes with the change added, one for all or one each, times a weight."""
    return stream + keras.ops.expand_dims(into, -1) * change


def looked_at(stream: Any, gain: Any, dynamic: Any) -> Any:
    """Returns `tanh(N W)` of each lane, with `N` the lanes after layer normalisation.

    Args:
        stream: The lanes.
        gain: The scale of the norm.
        dynamic: `W`, a column a number.
    """
    mean: Any = keras.ops.mean(stream, axis=-1, keepdims=True)
    spread: Any = keras.ops.mean(
        keras.ops.square(stream - mean), axis=-1, keepdims=True
    )
    kernel: Any = keras.ops.expand_dims(gain, -1) * dynamic
    # The projection first: normalised lanes are too many to be kept for it.
    found = keras.ops.matmul(stream, kernel) - mean * keras.ops.sum(kernel, axis=0)
    return keras.ops.tanh(found * keras.ops.rsqrt(spread + 1e-5))


def handed_on(write: Any, matrix: Any) -> Any:
    """Returns what `LaneWrite` reads, at each position.

    Args:
        write: How much of the change each lane takes.
        matrix: What the lanes are mixed by: its columns make the lanes.
    """
    lanes = matrix.shape[-1]
    rows = keras.ops.swapaxes(matrix, -1, -2)
    flat = keras.ops.reshape(rows, (*shape(write)[:-1], lanes * lanes))
    return keras.ops.concatenate([write, flat], axis=-1)


class LaneRead(StreamRead):
    """Reads lanes with coefficients, of which the rest goes to the layer that writes.

    A subclass returns both from `coefficients`: the weights of the lanes, and what
    `LaneWrite` reads.

    Args:
        index: Which branch reads.
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    mixes = True

    def __init__(
        self, index: int = 0, *, channels_first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.index, self.channels_first = index, channels_first

    def coefficients(self, stream: Any) -> tuple[Any, Any]:
        """Returns the weights of the lanes, and what is handed on to the writing."""
        raise NotImplementedError

    def call(self, inputs: Any) -> Any:
        weights, rest = self.coefficients(inputs)
        read = read_lanes(inputs, self.coarse(weights))
        return [back(read, self.channels_first), rest]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return [super().compute_mask(inputs, previous_mask), None]

    def compute_output_spec(self, inputs: Any, **_: Any) -> list[keras.KerasTensor]:
        batch, *places, lanes, channels = inputs.shape
        sizes = (channels, *places) if self.channels_first else (*places, channels)
        wide = lanes + lanes * lanes if self.mixes else lanes
        return [
            keras.KerasTensor((batch, *sizes), self.compute_dtype),
            keras.KerasTensor((batch, *places, wide), self.exact),
        ]

    def get_config(self) -> dict[str, Any]:
        own = {"index": self.index, "channels_first": self.channels_first}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class LaneWrite(StreamWrite):
    """Mixes the lanes and adds the change to each, with coefficients that are read.

    The third input holds, for each position, how much of the change each lane takes,
    and then the rows of the matrix that mixes the lanes; without them no lane is mixed.

    Args:
        channels_first: Whether the channels of the change come first.
        mixes: Whether the lanes are mixed.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    form = "streams"

    def __init__(
        self, *, mixes: bool = True, channels_first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.mixes, self.channels_first = mixes, channels_first

    @property
    def carries(self) -> str:
        return "mixed" if self.mixes else "identity"

    def call(self, inputs: Any) -> Any:
        stream, change, given = inputs
        change = self.by_lane(last(self.coarse(change), self.channels_first), stream)
        if self.mixes:
            stream = mixed(stream, self.coarse(self.mixing(inputs)))
        return written(stream, change, self.coarse(given)[..., : stream.shape[-2]])

    def by_lane(self, change: Any, stream: Any) -> Any:
        """Returns the change with an axis of lanes: here all take the same."""
        del stream
        return keras.ops.expand_dims(change, -2)

    def mixing(self, inputs: list[Any]) -> Any:
        stream, _, given = inputs
        lanes, sizes = stream.shape[-2], shape(given)[:-1]
        if not self.mixes:
            return keras.ops.eye(lanes)
        return keras.ops.reshape(given[..., lanes:], (*sizes, lanes, lanes))

    def get_config(self) -> dict[str, Any]:
        own = {"mixes": self.mixes, "channels_first": self.channels_first}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class HyperRead(LaneRead):
    """Reads lanes as dynamic hyper-connections do.

    With `N` the normalised lanes: `A_m = s_a tanh(N W_m) + A_m0`, `A_r = s_a tanh(N
    W_r) + A_r0`, `B = s_b tanh(N W_b) + B_0`. Before training the `W` are zero, `A_m0`
    reads lane `index mod n`, `A_r0` is the identity, and `B_0` is one.

    Args:
        index: Which branch reads.
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def build(self, input_shape: tuple) -> None:
        lanes, channels = input_shape[-2:]
        self.gain = self.coefficient("gain", (channels,), "ones")
        self.dynamic = self.coefficient("dynamic", (channels, lanes + 2))
        self.read_scale = self.coefficient("read_scale", (), 0.01)
        self.write_scale = self.coefficient("write_scale", (), 0.01)
        self.read = self.coefficient("read", (lanes,), one_of(lanes, self.index))
        self.write = self.coefficient("write", (lanes,), 1.0)
        self.mix = self.coefficient("mix", (lanes, lanes), "identity")

    def coefficients(self, stream: Any) -> tuple[Any, Any]:
        """Returns `A_m`, and `B` before the rows of the transposed `A_r`."""
        seen = looked_at(self.precise(stream), self.gain, self.dynamic)
        read = self.read + self.read_scale * seen[..., 0]
        write = self.write + self.write_scale * seen[..., 1]
        return read, handed_on(write, self.mix + self.read_scale * seen[..., 2:])


@keras.saving.register_keras_serializable(package="keras_residual")
class ReadLanes(StreamRead):
    """Reads lanes with one learned number a lane.

    Args:
        index: Which branch reads; before training it reads lane `index mod n` alone.
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self, index: int = 0, *, channels_first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.index, self.channels_first = index, channels_first

    def build(self, input_shape: tuple) -> None:
        lanes = input_shape[-2]
        self.read = self.coefficient("read", (lanes,), one_of(lanes, self.index))

    def call(self, inputs: Any) -> Any:
        read = read_lanes(inputs, self.coarse(self.read))
        return back(read, self.channels_first)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, *places, _, channels = input_shape
        return (
            (batch, channels, *places)
            if self.channels_first
            else (batch, *places, channels)
        )

    def get_config(self) -> dict[str, Any]:
        own = {"index": self.index, "channels_first": self.channels_first}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class MixLanes(StreamWrite):
    """Mixes the lanes and adds the change to each, with learned numbers.

    `H' = A_r^T H + B^T F`: before training `A_r` is the identity and `B` one.

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
        self.write = self.coefficient("write", (lanes,), 1.0)
        self.mix = self.coefficient("mix", (lanes, lanes), "identity")

    def call(self, inputs: Any) -> Any:
        stream, change = inputs
        change = last(self.coarse(change), self.channels_first)
        stream = mixed(stream, self.coarse(self.mixing(inputs)))
        change = keras.ops.expand_dims(change, -2)
        return written(stream, change, self.coarse(self.write))

    def mixing(self, inputs: list[Any]) -> Any:
        del inputs
        return keras.ops.transpose(self.mix)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels_first": self.channels_first}
