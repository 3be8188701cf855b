"""What Keras lacks for sequences of vectors: learned positions, and a learned step."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_residual")
class Positions(keras.layers.Layer):
    """Adds a learned vector to each step of a sequence.

    The vectors start as normal(0.02). A shorter sequence has the first of them.

    Reference:
        Dosovitskiy et al., An Image is Worth 16x16 Words, 2020,
        https://arxiv.org/abs/2010.11929.

    Args:
        length: The number of steps, at most.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, steps, channels)`.

    Output shape:
        That of the input.

    Examples:
        >>> kr.layers.Positions(10)(keras.ops.zeros((2, 7, 4))).shape == (2, 7, 4)
        True
    """

    def __init__(self, length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = length
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        start = keras.initializers.RandomNormal(stddev=0.02)
        shape = (self.length, input_shape[-1])
        self.positions = self.add_weight(
            shape=shape, initializer=start, name="positions"
        )

    def call(self, inputs: Any) -> Any:
        sizes: Any = keras.ops.shape(inputs)
        positions: Any = keras.ops.cast(self.positions, inputs.dtype)
        return inputs + positions[: sizes[1]]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length}


@keras.saving.register_keras_serializable(package="keras_residual")
class Token(keras.layers.Layer):
    """Puts a learned step before the first one: a place for what is said of all.

    It starts at zero, and is never masked.

    Reference:
        Dosovitskiy et al., An Image is Worth 16x16 Words, 2020,
        https://arxiv.org/abs/2010.11929.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, steps, channels)`.

    Output shape:
        `(batch, steps + 1, channels)`.

    Examples:
        >>> kr.layers.Token()(keras.ops.ones((2, 7, 4))).shape == (2, 8, 4)
        True
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        shape = (1, 1, input_shape[-1])
        self.token = self.add_weight(shape=shape, initializer="zeros", name="token")

    def call(self, inputs: Any) -> Any:
        token: Any = keras.ops.cast(self.token, inputs.dtype)
        first = token + keras.ops.zeros_like(inputs[:, :1])
        return keras.ops.concatenate([first, inputs], axis=1)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        if previous_mask is None:
            return None
        first = keras.ops.ones_like(previous_mask[:, :1])
        return keras.ops.concatenate([first, previous_mask], axis=1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, steps, width = input_shape
        return batch, steps if steps is None else steps + 1, width
