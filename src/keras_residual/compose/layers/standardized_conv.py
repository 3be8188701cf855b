"""StandardizedConv: a convolution whose kernel is standardised at each call."""

from __future__ import annotations

from math import prod
from typing import Any

import keras

from keras_residual.compose.layout import need_layout


@keras.saving.register_keras_serializable(package="keras_residual")
class StandardizedConv(keras.layers.Layer):
    """Convolves with a kernel of mean 0 and sum of squares 1, times a learned gain.

    `W = g (w - mean) / sqrt(fan_in var)`, for each filter: so the output varies as the
    input does, without a norm. Sequences, pictures and volumes; the kernel is
    standardised in float32.

    Reference:
        Brock et al., Characterizing Signal Propagation to Close the Performance Gap in
        Unnormalized ResNets, 2021, https://arxiv.org/abs/2101.08692.

    Args:
        filters: Number of output channels.
        kernel_size: Elements the kernel spans along each axis.
        strides: Elements the kernel moves along each axis.
        padding: `"same"` or `"valid"`, as in Keras.
        groups: Groups of channels that are convolved apart.
        data_format: `"channels_last"` or `"channels_first"`; by default Keras's own.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, ..., channels)` or `(batch, channels, ...)`.

    Output shape:
        That of `keras.layers.Conv2D` and its kin.

    Examples:
        >>> kr.layers.StandardizedConv(8, 3)(keras.Input((10, 10, 4))).shape
        (None, 8, 8, 8)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        *,
        groups: int = 1,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.padding, self.groups = filters, padding, groups
        self.kernel_size, self.strides = kernel_size, strides
        self.data_format = data_format or keras.config.image_data_format()

    def build(self, input_shape: tuple) -> None:
        self.rank = rank = len(input_shape) - 2
        need_layout(self, f'Layer "{self.name}"')
        last = self.data_format == "channels_last"
        channels = input_shape[-1 if last else 1] // self.groups
        self.kernel = self.add_weight(
            shape=(*_each(self.kernel_size, rank), channels, self.filters),
            initializer=keras.initializers.VarianceScaling(
                1.0, "fan_in", "untruncated_normal"
            ),
            name="kernel",
            autocast=False,
        )
        self.gain = self.add_weight(
            shape=(self.filters,), initializer="ones", name="gain", autocast=False
        )
        self.bias = self.add_weight(
            shape=(self.filters,), initializer="zeros", name="bias"
        )

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape) - 2
        steps: Any = list(_each(self.strides, rank))
        y: Any = keras.ops.conv(
            inputs,
            keras.ops.cast(self.standardized(), inputs.dtype),
            strides=steps,
            padding=self.padding,
            data_format=self.data_format,
        )
        places = [1] * rank
        last = self.data_format == "channels_last"
        shape = (*places, self.filters) if last else (self.filters, *places)
        return y + keras.ops.reshape(self.bias, (1, *shape))

    def standardized(self) -> Any:
        """Returns the kernel that is convolved with."""
        kernel: Any = keras.ops.convert_to_tensor(self.kernel)
        axes = tuple(range(len(kernel.shape) - 1))
        mean: Any = keras.ops.mean(kernel, axes, keepdims=True)
        variance: Any = keras.ops.var(kernel, axes)
        power = prod(kernel.shape[:-1]) * variance
        scale: Any = self.gain / keras.ops.sqrt(keras.ops.maximum(power, 1e-4))
        return (kernel - mean) * scale

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        last = self.data_format == "channels_last"
        places = input_shape[1:-1] if last else input_shape[2:]
        sizes, steps = (
            _each(given, len(places)) for given in (self.kernel_size, self.strides)
        )
        made = [
            n if n is None else -(-(n - lost) // step)
            for n, size, step in zip(places, sizes, steps, strict=True)
            for lost in [0 if self.padding == "same" else size - 1]
        ]
        if last:
            return (input_shape[0], *made, self.filters)
        return (input_shape[0], self.filters, *made)

    def get_config(self) -> dict[str, Any]:
        own = ("filters", "kernel_size", "strides", "padding", "groups", "data_format")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def _each(sizes: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    return (sizes,) * rank if isinstance(sizes, int) else tuple(sizes)
