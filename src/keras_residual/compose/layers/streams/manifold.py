"""Manifold-constrained hyper-connections: lanes that are mixed but never amplified."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import keras

from keras_residual.compose.layers.streams.hyper import LaneRead, read_lanes
from keras_residual.compose.layers.streams.lanes import back
from keras_residual.compose.layers.streams.stream import StreamRead, shape

ITERATIONS = 20
EPSILON = 1e-6
LEAST = 1e-18  # its square is a number too, which slopes are divided by


def sinkhorn(logits: Any) -> Any:
    """Returns the doubly stochastic matrix that alternate normalising leads to.

    Columns first and then rows, twenty times, of the exponential. No row or column is
    divided by zero, however far its logits lie below the others.

    Args:
        logits: Matrices, on the last two axes.
    """
    # The first round undoes what is taken from a column.
    highest = keras.ops.max(logits, axis=-2, keepdims=True)
    raised: Any = keras.ops.exp(logits - keras.ops.stop_gradient(highest))
    matrix = raised + LEAST
    for _ in range(ITERATIONS):
        matrix = matrix / keras.ops.sum(matrix, axis=-2, keepdims=True)
        matrix = matrix / keras.ops.sum(matrix, axis=-1, keepdims=True)
    return matrix


def projected(stream: Any, kernel: Any) -> Any:
    """Returns all lanes of a position, normalised as one vector, times a kernel.

    Args:
        stream: The lanes.
        kernel: `(lanes, channels, numbers)`.
    """
    size: Any = keras.ops.mean(keras.ops.square(stream), axis=(-2, -1))
    found: Any = keras.ops.tensordot(stream, kernel, 2)
    factor = keras.ops.rsqrt(size + EPSILON)
    return found * keras.ops.expand_dims(factor, -1)


@keras.saving.register_keras_serializable(package="keras_residual")
class ManifoldRead(LaneRead):
    """Reads lanes as manifold-constrained hyper-connections do.

    With `x` all lanes of a position as one vector, after `RMSNorm`: `H_pre = sigmoid(a
    x phi + b)`, `H_post = 2 sigmoid(a x phi + b)`, and `H_res` doubly stochastic.

    Args:
        mixing: How `H_res` is made: `"sinkhorn"`, `"permutations"`, or `"identity"`.
        away: Where the logits of `b_res` start that are not of the identity.
        index: Which branch reads.
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self, mixing: str = "sinkhorn", *, away: float = -4.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.mixing, self.away = mixing, away

    @property
    def mixes(self) -> bool:
        return self.mixing != "identity"

    def build(self, input_shape: tuple) -> None:
        lanes, channels = input_shape[-2:]
        many = {"sinkhorn": lanes**2, "permutations": math.factorial(lanes)}
        numbers = 2 * lanes + many.get(self.mixing, 0)
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.phi = self.coefficient("phi", (lanes, channels, numbers), start)
        self.scale = self.coefficient("scale", (3 if self.mixes else 2,), 0.01)
        self.pre_bias = self.coefficient("pre_bias", (lanes,), share_of(lanes))
        self.post_bias = self.coefficient("post_bias", (lanes,))
        if self.mixes:
            square = (
                (lanes, lanes) if self.mixing == "sinkhorn" else (numbers - 2 * lanes,)
            )
            self.res_bias = self.coefficient("res_bias", square, self._start)

    def _start(self, sizes: Any, dtype: Any) -> Any:
        """Returns logits that are zero for the identity and `away` elsewhere."""
        eye: Any = keras.ops.eye(sizes[0], dtype=dtype)
        return self.away * (1 - (eye if len(sizes) > 1 else eye[0]))

    def coefficients(self, stream: Any) -> tuple[Any, Any]:
        """Returns `H_pre`, and `H_post` before the rows of `H_res`."""
        lanes = stream.shape[-2]
        found = projected(self.precise(stream), self.phi)
        pre = self.scale[0] * found[..., :lanes] + self.pre_bias
        post = self.scale[1] * found[..., lanes : 2 * lanes] + self.post_bias
        opened: Any = keras.ops.sigmoid(post)
        rest = 2 * opened
        if self.mixes:
            rows = self._rows(self.scale[2] * found[..., 2 * lanes :], lanes)
            rest = keras.ops.concatenate([rest, rows], axis=-1)
        return keras.ops.sigmoid(pre), rest

    def _rows(self, logits: Any, lanes: int) -> Any:
        """Returns the rows of `H_res`, one behind the other."""
        sizes = shape(logits)[:-1]
        if self.mixing == "permutations":
            weights = keras.ops.softmax(logits + self.res_bias, axis=-1)
            return keras.ops.matmul(weights, self._permutations(lanes))
        square = keras.ops.reshape(logits, (*sizes, lanes, lanes)) + self.res_bias
        return keras.ops.reshape(sinkhorn(square), (*sizes, lanes * lanes))

    def _permutations(self, lanes: int) -> Any:
        """Returns every permutation matrix, flat, the identity first."""
        places = keras.ops.convert_to_tensor([*permutations(range(lanes))])
        matrices = keras.ops.one_hot(places, lanes, dtype=self.exact)
        return keras.ops.reshape(matrices, (-1, lanes * lanes))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mixing": self.mixing, "away": self.away}


@keras.saving.register_keras_serializable(package="keras_residual")
class LaneHead(StreamRead):
    """Closes a stream by a learned weighted sum of its lanes.

    `y = sum_s sigmoid(a x phi + b)_s X_s`, with `x` as for `ManifoldRead`.

    Args:
        channels_first: Whether the channels of what is made come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, *, channels_first: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels_first = channels_first

    def build(self, input_shape: tuple) -> None:
        lanes, channels = input_shape[-2:]
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.phi = self.coefficient("phi", (lanes, channels, lanes), start)
        self.scale = self.coefficient("scale", (), 0.01)
        self.bias = self.coefficient("bias", (lanes,), share_of(lanes))

    def call(self, inputs: Any) -> Any:
        found = projected(self.precise(inputs), self.phi)
        weights = keras.ops.sigmoid(self.scale * found + self.bias)
        read = read_lanes(inputs, self.coarse(weights))
        return back(read, self.channels_first)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, *places, _, channels = input_shape
        sizes = (channels, *places) if self.channels_first else (*places, channels)
        return (batch, *sizes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels_first": self.channels_first}


def share_of(lanes: int) -> float:
    """Returns the logit of `1 / lanes`: lanes that are alike add up to themselves."""
    return -math.log(lanes - 1) if lanes > 1 else 8.0
