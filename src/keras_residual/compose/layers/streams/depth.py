"""Sums over depth: what earlier branches made, weighted anew."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.stream import StreamLayer, one_of

EPSILON = 1e-6


class Collect(StreamLayer):
    """A layer that reads several tensors of a stream's past, of one shape.

    Args:
        axis: The axis of the channels.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    joins = False
    """Whether a branch joins its stream here, for no sum has added its change."""

    def __init__(self, *, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def along(self, weight: Any, rank: int) -> Any:
        """Returns a weight a channel, shaped to be multiplied with a tensor.

        Args:
            weight: The weight.
            rank: The axes of the tensor.
        """
        behind = rank - 1 - self.axis % rank
        return keras.ops.reshape(weight, (-1, *[1] * behind))

    def rooted(self, x: Any) -> Any:
        """Returns what divides a tensor by the root of its mean square.

        Args:
            x: The tensor.
        """
        size: Any = keras.ops.mean(keras.ops.square(x), axis=self.axis, keepdims=True)
        return keras.ops.rsqrt(size + EPSILON)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


@keras.saving.register_keras_serializable(package="keras_residual")
class DepthSum(Collect):
    """Adds tensors with a learned number each; the last alone before training.

    Args:
        axis: The axis of the channels.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def build(self, input_shape: Any) -> None:
        many = len(input_shape)
        self.weight = self.coefficient("weight", (many,), one_of(many, -1))

    def call(self, inputs: Any) -> Any:
        return self.coarse(
            sum(self.weight[k] * self.precise(x) for k, x in enumerate(inputs))
        )


@keras.saving.register_keras_serializable(package="keras_residual")
class DynamicDepthSum(Collect):
    """Adds tensors with numbers that depend on the last, at each position.

    `a(x) = GELU(RMSNorm(x) W_1) W_2 + a`, where the norm has no scale; before training
    `W_1` is normal with a variance of one over the channels, `W_2` is zero, and `a`
    takes the last alone.

    Args:
        ways: How many sums there are, each with numbers of its own.
        widen: Hidden numbers for each number that is made.
        axis: The axis of the channels.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, ways: int = 1, *, widen: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ways, self.widen = ways, widen

    def build(self, input_shape: Any) -> None:
        many, channels = len(input_shape), input_shape[0][self.axis]
        made = self.ways * many
        hidden = self.widen * made
        self.inner = self.coefficient("inner", (channels, hidden), "lecun_normal")
        self.outer = self.coefficient("outer", (hidden, made))
        start = one_of(many, -1)

        def last(_: Any, dtype: Any) -> Any:
            return keras.ops.tile(start(_, dtype), self.ways)

        self.weight = self.coefficient("weight", (made,), last)

    def call(self, inputs: Any) -> Any:
        exact = [keras.ops.moveaxis(self.precise(x), self.axis, -1) for x in inputs]
        size: Any = keras.ops.mean(keras.ops.square(exact[-1]), axis=-1, keepdims=True)
        root: Any = keras.ops.rsqrt(size + EPSILON)
        normed = exact[-1] * root
        seen = keras.ops.gelu(keras.ops.matmul(normed, self.inner), approximate=False)
        weights = keras.ops.matmul(seen, self.outer) + self.weight
        many = len(exact)
        made = [
            self._added(exact, weights[..., many * way : many * (way + 1)])
            for way in range(self.ways)
        ]
        return made if self.ways > 1 else made[0]

    def _added(self, exact: list[Any], weights: Any) -> Any:
        y = sum(weights[..., k : k + 1] * x for k, x in enumerate(exact))
        return self.coarse(keras.ops.moveaxis(y, -1, self.axis))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        mask = super().compute_mask(inputs, previous_mask)
        return [mask] * self.ways if self.ways > 1 else mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        one = super().compute_output_shape(input_shape)
        return [one] * self.ways if self.ways > 1 else one

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "ways": self.ways, "widen": self.widen}


@keras.saving.register_keras_serializable(package="keras_residual")
class DepthAttention(Collect):
    """Adds tensors with the weights of a softmax over depth.

    `softmax_i(w' RMSNorm(v_i))`, one query `w` for all positions, and the values as
    they are. The query is zero before training, so the tensors are averaged.

    Args:
        axis: The axis of the channels.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    joins = True

    def build(self, input_shape: Any) -> None:
        channels = input_shape[0][self.axis]
        self.query = self.coefficient("query", (channels,))
        self.gain = self.coefficient("gain", (channels,), "ones")

    def call(self, inputs: Any) -> Any:
        exact = [self.precise(x) for x in inputs]
        asked = self.along(self.query * self.gain, len(inputs[0].shape))
        scores: list[Any] = [
            keras.ops.sum(asked * v, axis=self.axis, keepdims=True) * self.rooted(v)
            for v in exact
        ]
        shares: Any = keras.ops.softmax(keras.ops.stack(scores), axis=0)
        return self.coarse(sum(shares[k] * v for k, v in enumerate(exact)))


@keras.saving.register_keras_serializable(package="keras_residual")
class Momentum(Collect):
    """Adds a velocity and a change: `g v + (1 - g) F`.

    Args:
        keeps: `g`, what is kept of the velocity.
        axis: The axis of the channels.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, keeps: float = 0.9, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keeps = keeps

    def call(self, inputs: Any) -> Any:
        velocity, change = map(self.coarse, inputs)
        return self.keeps * velocity + (1 - self.keeps) * change

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "keeps": self.keeps}
