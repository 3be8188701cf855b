"""GlobalResponseNorm: the competition of channels in ConvNeXt V2."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_residual")
class GlobalResponseNorm(keras.layers.Layer):
    """Lets channels compete by their size over all positions.

    `y = x + gamma * x * N(x) + beta`, where `N` is the norm of a channel over the
    positions, divided by the mean of these norms. Masked steps do not count. All is
    computed in the dtype of the weights: float32 under mixed precision.

    Reference:
        Woo et al., ConvNeXt V2, 2023,
        https://arxiv.org/abs/2301.00808.

    Args:
        axis: The axis of the channels, -1 or 1.
        epsilon: Is added to the mean that divides.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, ..., channels)`, or `(batch, channels, ...)` with `axis=1`.

    Output shape:
        That of the input.

    Examples:
        >>> layer = kr.layers.GlobalResponseNorm()
        >>> keras.ops.convert_to_numpy(layer(keras.ops.ones((1, 2, 1)))).tolist()
        [[[1.0], [1.0]]]
    """

    def __init__(self, axis: int = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.epsilon = axis, epsilon
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        self.widths = [1] * (len(input_shape) - 1)
        self.widths[self.axis % len(input_shape) - 1] = input_shape[self.axis]
        for name in ("gamma", "beta"):
            each = self.add_weight(
                (input_shape[self.axis],), "zeros", name=name, autocast=False
            )
            setattr(self, name, each)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        axis = self.axis % len(inputs.shape)
        places = [a for a in range(1, len(inputs.shape)) if a != axis]
        x: Any = keras.ops.cast(inputs, self.variable_dtype)
        seen = x
        if mask is not None:
            seen = x * keras.ops.cast(keras.ops.expand_dims(mask, axis), x.dtype)
        squares: Any = keras.ops.sum(seen * seen, places, keepdims=True)
        # Where all is zero a root of it would have no slope.
        norms: Any = keras.ops.sqrt(keras.ops.maximum(squares, 1e-24))
        mean: Any = keras.ops.mean(norms, axis, keepdims=True)
        share = norms / (mean + self.epsilon)
        change = self._along(self.gamma) * x * share + self._along(self.beta)
        return inputs + keras.ops.cast(change, inputs.dtype)

    def _along(self, weight: Any) -> Any:
        return keras.ops.reshape(weight, self.widths)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
