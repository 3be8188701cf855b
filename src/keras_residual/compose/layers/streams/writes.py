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

    `a F + b (x + B A x + sum_j g_j B_j A_j x_j)`: the stream `x` comes first, then the
    change `F`, then earlier points `x_j` of the stream. `a` and `b` are twice a
    softmax, so that they stay bounded. Before training `a`, `b` and the `g` are 1, the
    `A` are orthogonal, and the `B` are zero.

    Args:
        weighted: Whether `a` and `b` are learned.
        rank: Width of the low-rank products; of the stream's own none where it is 0.
        history_rank: Width of the products of the earlier points.
        channels_first: Whether the channels come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self,
        *,
        weighted: bool = True,
        rank: int = 0,
        history_rank: int = 0,
        channels_first: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weighted, self.rank, self.history_rank = weighted, rank, history_rank
        self.channels_first = channels_first

    @property
    def carries(self) -> str:
        return "projection" if self.rank else "scaled" if self.weighted else "identity"

    def build(self, input_shape: Any) -> None:
        channels = input_shape[0][1 if self.channels_first else -1]
        if self.weighted:
            self.balance = self.coefficient("balance", (2,))
        if self.rank:
            self.down, self.up = self._pair("", channels, self.rank)
        earlier = range(len(input_shape) - 2)
        self.pairs = [self._pair(f"{k}", channels, self.history_rank) for k in earlier]
        if self.pairs:
            self.history = self.coefficient("history", (len(self.pairs),), 1.0)

    def _pair(self, number: str, channels: int, rank: int) -> tuple[Any, Any]:
        down = self.coefficient(f"down{number}", (channels, rank), "orthogonal")
        return down, self.coefficient(f"up{number}", (rank, channels))

    def call(self, inputs: Any) -> Any:
        exact = [self.precise(last(x, self.channels_first)) for x in inputs]
        x, change, *earlier = exact
        stream: Any = x
        if self.rank:
            stream = x + keras.ops.matmul(keras.ops.matmul(x, self.down), self.up)
        for k, (past, (down, up)) in enumerate(zip(earlier, self.pairs, strict=True)):
            mapped: Any = keras.ops.matmul(keras.ops.matmul(past, down), up)
            stream = stream + self.history[k] * mapped  # never in place: it is `x`
        y = stream + change
        if self.weighted:
            share: Any = keras.ops.softmax(self.balance)
            y = 2 * (share[0] * change + share[1] * stream)
        return self.coarse(back(y, self.channels_first))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "weighted": self.weighted,
            "rank": self.rank,
            "history_rank": self.history_rank,
            "channels_first": self.channels_first,
        }


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
