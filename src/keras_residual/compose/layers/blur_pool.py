"""BlurPool: subsampling behind a fixed blur, which no Keras layer does."""

from __future__ import annotations

from math import comb
from typing import Any

import keras

from keras_residual.common.errors import ResidualError


@keras.saving.register_keras_serializable(package="keras_residual")
class BlurPool(keras.layers.Layer):
    """Blurs each channel with a binomial kernel and takes every stride-th element.

    The borders are reflected, and the kernel is never trained.

    Reference:
        Zhang, Making Convolutional Networks Shift-Invariant Again, 2019,
        https://arxiv.org/abs/1904.11486.

    Args:
        strides: Elements between those that are taken; one number, or one an axis.
        size: Elements of the kernel along each axis: 3 is (1, 2, 1) / 4, 4 is
            (1, 3, 3, 1) / 8.
        data_format: `"channels_last"` or `"channels_first"`; by default Keras's own.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, ..., channels)` or `(batch, channels, ...)`, with more than `size // 2`
        elements along each axis.

    Output shape:
        That of the input, its positions divided by the strides and rounded up.

    Raises:
        ResidualError: The kernel has no element.

    Examples:
        >>> layer = kr.layers.BlurPool(2, 3)
        >>> y = layer(keras.ops.reshape(keras.ops.arange(5.0), (1, 5, 1)))
        >>> keras.ops.convert_to_numpy(y).ravel()
        array([0.5, 2. , 3.5], dtype=float32)
    """

    def __init__(
        self,
        strides: int | tuple[int, ...] = 2,
        size: int = 4,
        *,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if size < 1:
            raise ResidualError(
                "BlurPool: `size` is a whole number from 1 on.", given=size
            )
        self.strides = strides if isinstance(strides, int) else tuple(strides)
        self.size = size
        self.data_format = keras.config.image_data_format()
        self.data_format = data_format or self.data_format
        self.pool_size, self.padding = size, "same"  # for those who read graphs

    def build(self, input_shape: tuple) -> None:
        short = [n for n in self._places(input_shape) if n and n <= self.size // 2]
        if short:
            raise ResidualError(
                f"BlurPool: a kernel of {self.size} does not fit {input_shape}.",
                needed="The border is a reflection, of as many elements as there are.",
                write="a smaller size, or kr.pool",
            )

    def call(self, inputs: Any) -> Any:
        first = 1 if self.data_format == "channels_last" else 2
        for axis, stride in enumerate(self._steps(inputs.shape), first):
            inputs = self._blurred(inputs, axis, stride)
        return inputs

    def _blurred(self, x: Any, axis: int, stride: int) -> Any:
        """Blurs along one axis, only the elements that are taken."""
        reach = self.size - 1
        before, after = reach // 2, reach - reach // 2
        mirrored = [
            *(_cut(x, axis, n, n + 1) for n in range(before, 0, -1)),
            x,
            *(_cut(x, axis, -n - 1, -n) for n in range(1, after + 1)),
        ]
        x = keras.ops.concatenate(mirrored, axis) if reach else x
        return sum(
            _cut(x, axis, n, (n - reach) or None, stride) * (comb(reach, n) / 2**reach)
            for n in range(self.size)
        )

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        steps = self._steps(input_shape)
        pairs = zip(self._places(input_shape), steps, strict=True)
        made = [n if n is None else -(-n // step) for n, step in pairs]
        if self.data_format == "channels_last":
            return (input_shape[0], *made, input_shape[-1])
        return (*input_shape[:2], *made)

    def _places(self, shape: tuple) -> tuple:
        return shape[1:-1] if self.data_format == "channels_last" else shape[2:]

    def _steps(self, shape: tuple) -> tuple[int, ...]:
        rank = len(shape) - 2
        return (self.strides,) * rank if isinstance(self.strides, int) else self.strides

    def get_config(self) -> dict[str, Any]:
        own = {"strides": self.strides, "size": self.size}
        return {**super().get_config(), **own, "data_format": self.data_format}


def _cut(
    x: Any, axis: int, start: int, stop: int | None, step: int | None = None
) -> Any:
    return x[(slice(None),) * axis + (slice(start, stop, step),)]
