"""Scale: a learned number, which no Keras layer holds alone."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_residual")
class Scale(keras.layers.Layer):
    """Multiplies its input with one learned number.

    At the end of a branch, with the initial value 0, it is ReZero and SkipInit.

    Reference:
        Bachlechner et al., ReZero is All You Need, 2020, equation 1,
        https://arxiv.org/abs/2003.04887.

    Args:
        initial: Value before training.
        activation: What the number passes first, such as `"tanh"`; nothing by default.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Examples:
        >>> layer = kr.layers.Scale(0.5)
        >>> keras.ops.convert_to_numpy(layer(keras.ops.ones((1, 1)))).item()
        0.5
    """

    def __init__(
        self, initial: float = 0.0, *, activation: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.initial, self.activation = initial, activation
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        start = keras.initializers.Constant(self.initial)
        self.scale = self.add_weight(
            shape=(), initializer=start, name="scale", autocast=False
        )

    def call(self, inputs: Any) -> Any:
        factor = keras.activations.get(self.activation)(self.scale)
        return inputs * keras.ops.cast(factor, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"initial": self.initial, "activation": self.activation}
        return {**super().get_config(), **own}
