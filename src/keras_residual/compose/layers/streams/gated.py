"""Gated-residual hyper-connections: lanes that are gated and written, never mixed."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.hyper import LaneRead
from keras_residual.compose.layers.streams.lanes import back
from keras_residual.compose.layers.streams.manifold import EPSILON
from keras_residual.compose.layers.streams.stream import shape


@keras.saving.register_keras_serializable(package="keras_residual")
class GatedRead(LaneRead):
    """Reads the mean of the normalised lanes, each element gated.

    `u_s = (1 + w_s) RMSNorm(X_s)`, `g = sigmoid(silu(vec(u) W_down / n) W_up)`, and the
    branch reads `mean_s g_s u_s`. The writing takes `2 sigmoid(vec(u) W_inj / n)`, of
    the same normalised lanes.

    Args:
        rank: Width of the gate's bottleneck.
        writes: Whether a layer writes; the one that closes a stream only reads.
        index: Which branch reads.
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    mixes = False

    def __init__(self, rank: int = 16, *, writes: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rank, self.writes = rank, writes

    def build(self, input_shape: tuple) -> None:
        lanes, channels = input_shape[-2:]
        wide = lanes * channels
        self.gain = self.coefficient("gain", (lanes, channels))
        self.down = self.coefficient("down", (wide, self.rank), "glorot_uniform")
        self.up = self.coefficient("up", (self.rank, wide))
        if self.writes:
            self.inject = self.coefficient("inject", (wide, lanes))

    def call(self, inputs: Any) -> Any:
        *sizes, lanes, channels = shape(inputs)
        exact = self.precise(inputs)
        size: Any = keras.ops.mean(keras.ops.square(exact), axis=-1, keepdims=True)
        normed = (1 + self.gain) * exact * keras.ops.rsqrt(size + EPSILON)
        flat: Any = keras.ops.reshape(normed, (*sizes, lanes * channels))
        narrow = keras.ops.silu(keras.ops.matmul(flat / lanes, self.down))
        gates = keras.ops.sigmoid(keras.ops.matmul(narrow, self.up))
        gated = normed * keras.ops.reshape(gates, (*sizes, lanes, channels))
        read = back(self.coarse(keras.ops.mean(gated, axis=-2)), self.channels_first)
        if not self.writes:
            return read
        into: Any = keras.ops.sigmoid(keras.ops.matmul(flat / lanes, self.inject))
        return [read, 2 * into]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        masks = super().compute_mask(inputs, previous_mask)
        return masks if self.writes else masks[0]

    def compute_output_spec(self, inputs: Any, **_: Any) -> Any:
        found = super().compute_output_spec(inputs)
        return found if self.writes else found[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rank": self.rank, "writes": self.writes}
