"""WeightNorm: a layer whose kernel is a direction and a length."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layout import need_layout


@keras.saving.register_keras_serializable(package="keras_residual")
class WeightNorm(keras.layers.Wrapper):
    """Learns the kernel of a layer as a direction `v` and a length `g` a filter.

    What the layer computes is linear in its kernel, so `g v / |v|` is applied to its
    output; lengths are taken in float32. At first `g` is `|v|`, so that the kernel is
    what its initializer drew.

    Reference:
        Salimans & Kingma, Weight Normalization, 2016,
        https://arxiv.org/abs/1602.07868.

    Args:
        layer: A convolution or `Dense` without bias and activation.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        That of the layer.

    Output shape:
        That of the layer.

    Examples:
        >>> inner = keras.layers.Dense(3, use_bias=False)
        >>> layer = kr.layers.WeightNorm(inner)
        >>> layer(keras.ops.ones((2, 4))).shape == (2, 3)
        True
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        first = getattr(layer, "data_format", None) == "channels_first"
        self._axis = 1 if first else -1

    def build(self, input_shape: Any = None) -> None:
        need_layout(self.layer, f'Layer "{self.name}"')
        super().build(input_shape)
        width = (self.layer.kernel.shape[-1],)
        self.scale = self.add_weight(
            shape=width,
            initializer=lambda *_, **__: self._lengths(),
            autocast=False,
            name="scale",
        )
        self.bias = self.add_weight(shape=width, initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        y = self.layer(inputs)
        shape = [1] * len(y.shape)
        shape[self._axis] = -1
        factor, shift = (
            keras.ops.cast(keras.ops.reshape(each, shape), y.dtype)
            for each in (self.scale / self._lengths(), self.bias)
        )
        return y * factor + shift

    def _lengths(self) -> Any:
        kernel: Any = self.layer.kernel.value
        exact = keras.backend.result_type(kernel.dtype, "float32")
        axes = tuple(range(len(kernel.shape) - 1))
        squares = keras.ops.square(keras.ops.cast(kernel, exact))
        return keras.ops.sqrt(keras.ops.sum(squares, axes))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)
