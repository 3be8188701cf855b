"""Values of attention as a stream: those of a first layer, mixed into later ones."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.stream import StreamWrite


@keras.saving.register_keras_serializable(package="keras_residual")
class ValueMix(StreamWrite):
    """Mixes the values of a first attention into those of a later one: `a V_1 + b V`.

    Args:
        first: `a` before training.
        own: `b` before training.
        **kwargs: Arguments of `keras.layers.Layer`; `trainable` says whether both are
            learned.
    """

    form, carries = "history", "scaled"

    def __init__(self, first: float = 0.5, own: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first, self.own = first, own

    def build(self, input_shape: Any) -> None:
        self.first_weight = self.coefficient("first", (), self.first)
        self.own_weight = self.coefficient("own", (), self.own)

    def call(self, inputs: Any) -> Any:
        first, own = map(self.precise, inputs)
        return self.coarse(self.first_weight * first + self.own_weight * own)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "first": self.first, "own": self.own}
