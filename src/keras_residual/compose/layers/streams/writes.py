"""Writes into a stream of one tensor that do more than add."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_residual.compose.layers.streams.lanes import back, last
from keras_residual.compose.layers.streams.stream import StreamWrite


@keras.saving.register_keras_serializable(package="keras_residual")
class Laurel(StreamWrite):
    """Writes as a learned augmented residual layer does.

    `a F + b (x + sum_j g_j B_j A_j x_j)`: the stream `x_0 = x` comes first, then the
    change `F`, then earlier points `x_j` of the stream. `a` and `b` are twice a
    softmax, so that they stay bounded. Before training `a`, `b` and the `g` are 1, the
    columns of each `A` are orthogonal, of length `1 / rank`, and the `B` are zero.

    Args:
        weighted: Whether `a` and `b` are learned.
        rank: Width of the low-rank products `B A`; there are none where it is 0.
        recalls: Whether there are numbers `g`, of each point.
        shares: Whether one product maps all points, and not one of its own each.
        channels_first: Whether the channels come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self,
        *,
        weighted: bool = True,
        rank: int = 0,
        recalls: bool = False,
        shares: bool = False,
        channels_first: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weighted, self.rank = weighted, rank
        self.recalls, self.shares = recalls, shares
        self.channels_first = channels_first

    @property
    def carries(self) -> str:
        return "projection" if self.rank else "scaled" if self.weighted else "identity"

    def build(self, input_shape: Any) -> None:
        channels = input_shape[0][1 if self.channels_first else -1]
        if self.weighted:
            self.balance = self.coefficient("balance", (2,))
        self.points = len(input_shape) - 1 if self.rank else 0
        many = min(self.points, 1) if self.shares else self.points
        self.pairs = [self._pair(f"{k}" if k else "", channels) for k in range(many)]
        if self.recalls:
            self.history = self.coefficient("history", (self.points,), 1.0)

    def _pair(self, number: str, channels: int) -> tuple[Any, Any]:
        sizes = (channels, self.rank)
        start = keras.initializers.Orthogonal(1 / self.rank)
        down = self.coefficient(f"down{number}", sizes, start)
        return down, self.coefficient(f"up{number}", sizes[::-1])

    def call(self, inputs: Any) -> Any:
        exact = [self.precise(last(x, self.channels_first)) for x in inputs]
        x, change, *earlier = exact
        stream: Any = x
        for k, point in enumerate([x, *earlier][: self.points]):
            down, up = self.pairs[0 if self.shares else k]
            mapped: Any = keras.ops.matmul(keras.ops.matmul(point, down), up)
            if self.recalls:
                mapped = self.history[k] * mapped
            stream = stream + mapped  # never in place: it is `x`
        y = stream + change
        if self.weighted:
            share: Any = keras.ops.softmax(self.balance)
            y = 2 * (share[0] * change + share[1] * stream)
        return self.coarse(back(y, self.channels_first))

    def get_config(self) -> dict[str, Any]:
        own = {"weighted": self.weighted, "rank": self.rank, "recalls": self.recalls}
        own |= {"shares": self.shares, "channels_first": self.channels_first}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class Inject(StreamWrite):
    """Adds a change and, once more, what the stream began with: `a x + F + b x_0`.

    Args:
        carry: `a` before training.
        inject: `b` before training.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    carries = "scaled"

    def __init__(self, carry: float = 1.0, inject: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.carry, self.inject = carry, inject

    def build(self, input_shape: Any) -> None:
        self.carry_weight = self.coefficient("carry", (), self.carry)
        self.inject_weight = self.coefficient("inject", (), self.inject)

    def call(self, inputs: Any) -> Any:
        x, change, start = map(self.precise, inputs)
        return self.coarse(self.carry_weight * x + change + self.inject_weight * start)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "carry": self.carry, "inject": self.inject}


@keras.saving.register_keras_serializable(package="keras_residual")
class Delta(StreamWrite):
    """Erases the stream along the direction of the change, and writes there anew.

    `x + b (v - k' x) k`, where `k` is the change at length 1, `b = 2 sigmoid(w_b
    RMSNorm(x) + c_b)` and `v = w_v x + c_v`.

    Args:
        start: `b` before training, apart from what depends on the stream.
        channels_first: Whether the channels come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    carries = "gated"

    def __init__(
        self, start: float = 0.1, *, channels_first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.start, self.channels_first = start, channels_first

    def build(self, input_shape: Any) -> None:
        channels = input_shape[0][1 if self.channels_first else -1]
        opened = math.log(self.start / (2 - self.start))
        self.gate = self.coefficient("gate", (channels, 1))
        self.gate_bias = self.coefficient("gate_bias", (1,), opened)
        self.value = self.coefficient("value", (channels, 1), "glorot_uniform")
        self.value_bias = self.coefficient("value_bias", (1,))

    def call(self, inputs: Any) -> Any:
        x, change = (self.precise(last(x, self.channels_first)) for x in inputs)
        length: Any = keras.ops.sum(keras.ops.square(change), axis=-1, keepdims=True)
        k = change * keras.ops.rsqrt(length + 1e-12)
        size: Any = keras.ops.mean(keras.ops.square(x), axis=-1, keepdims=True)
        gate = keras.ops.matmul(x * keras.ops.rsqrt(size + 1e-6), self.gate)
        opened: Any = keras.ops.sigmoid(gate + self.gate_bias)
        value = keras.ops.matmul(x, self.value) + self.value_bias
        held = keras.ops.sum(k * x, axis=-1, keepdims=True)
        y = x + 2 * opened * (value - held) * k
        return self.coarse(back(y, self.channels_first))

    def get_config(self) -> dict[str, Any]:
        own = {"start": self.start, "channels_first": self.channels_first}
        return {**super().get_config(), **own}
