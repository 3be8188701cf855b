"""Alternating updates: a branch works on one lane, and the others are predicted."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.hyper import mixed
from keras_residual.compose.layers.streams.lanes import back, last
from keras_residual.compose.layers.streams.stream import StreamRead, StreamWrite


@keras.saving.register_keras_serializable(package="keras_residual")
class TakeLane(StreamRead):
    """Reads one lane.

    Args:
        index: Which branch reads: it reads lane `index mod n`.
        channels_first: Whether the channels of what the branch reads come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self, index: int = 0, *, channels_first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.index, self.channels_first = index, channels_first

    def call(self, inputs: Any) -> Any:
        lane = inputs[..., self.index % inputs.shape[-2], :]
        return back(lane, self.channels_first)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, *places, _, channels = input_shape
        sizes = (channels, *places) if self.channels_first else (*places, channels)
        return (batch, *sizes)

    def get_config(self) -> dict[str, Any]:
        own = {"index": self.index, "channels_first": self.channels_first}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class AlternatingWrite(StreamWrite):
    """Predicts all lanes, and corrects them by what one of them became.

    With the active lane `j`: `P = p X`, `X_i' = P_i + g_i (X_j + F - P_j)`. Before
    training `p` is the identity and `g` one.

    Args:
        index: Which branch writes: lane `index mod n` is active.
        channels_first: Whether the channels of the change come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    form, carries = "streams", "mixed"

    def __init__(
        self, index: int = 0, *, channels_first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.index, self.channels_first = index, channels_first

    def build(self, input_shape: Any) -> None:
        lanes = input_shape[0][-2]
        self.predict = self.coefficient("predict", (lanes, lanes), "identity")
        self.correct = self.coefficient("correct", (lanes, 1), 1.0)

    def call(self, inputs: Any) -> Any:
        stream, change = inputs
        change = last(self.coarse(change), self.channels_first)
        active = self.index % stream.shape[-2]
        guess: Any = mixed(stream, self.coarse(self.predict))
        error = stream[..., active, :] + change - guess[..., active, :]
        return guess + self.coarse(self.correct) * keras.ops.expand_dims(error, -2)

    def mixing(self, inputs: list[Any]) -> Any:
        lanes = inputs[0].shape[-2]
        at = self.index % lanes
        error = keras.ops.eye(lanes)[at] - self.predict[at]
        return self.predict + self.correct * error

    def get_config(self) -> dict[str, Any]:
        own = {"index": self.index, "channels_first": self.channels_first}
        return {**super().get_config(), **own}
