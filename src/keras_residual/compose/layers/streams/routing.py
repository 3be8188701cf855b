"""Mixture of depths: the steps of a sequence that a branch reads, and their return."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.layers.streams.lanes import back, last
from keras_residual.compose.layers.streams.stream import StreamRead, StreamWrite

_NEVER = -1e30  # the score of a step that is padding


@keras.saving.register_keras_serializable(package="keras_residual")
class RouteSteps(StreamRead):
    """Takes the steps with the highest scores, in the order in which they were.

    It returns them, and for each the row that puts its change back: the step's score
    at its place, zero elsewhere. Padding is taken last, and is given back nothing.

    Args:
        steps: How many it takes.
        gate: "linear" puts the score into the row, "sigmoid" bounds it.
        channels_first: Whether the channels come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self,
        steps: int,
        *,
        gate: str = "linear",
        channels_first: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.steps, self.gate, self.channels_first = steps, gate, channels_first

    def build(self, input_shape: Any) -> None:
        channels = input_shape[1 if self.channels_first else -1]
        self.router = self.coefficient("router", (channels, 1), "glorot_uniform")

    def _chosen(self, x: Any, mask: Any) -> tuple[Any, Any]:
        """Returns the scores, and a row of zeros and a one for each step it takes."""
        scores: Any = keras.ops.squeeze(
            keras.ops.matmul(self.precise(x), self.router), axis=-1
        )
        ranked = scores if mask is None else keras.ops.where(mask, scores, _NEVER)
        best: Any = keras.ops.top_k(ranked, self.steps)
        best = keras.ops.sort(best[1], axis=-1)
        return scores, keras.ops.one_hot(best, x.shape[1], dtype=self.exact)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        x = last(inputs, self.channels_first)
        scores, chosen = self._chosen(x, mask)
        read = keras.ops.matmul(self.coarse(chosen), x)
        gates = keras.ops.sigmoid(scores) if self.gate == "sigmoid" else scores
        if mask is not None:
            gates = keras.ops.where(mask, gates, 0.0)
        route = chosen * keras.ops.expand_dims(gates, -2)
        return [back(read, self.channels_first), route]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        if previous_mask is None:
            return [None, None]
        x = last(inputs, self.channels_first)
        _, chosen = self._chosen(x, previous_mask)
        valid = keras.ops.expand_dims(self.precise(previous_mask), -2)
        kept: Any = keras.ops.sum(chosen * valid, axis=-1)
        return [kept > 0.5, None]

    def compute_output_spec(self, inputs: Any, **_: Any) -> list[keras.KerasTensor]:
        sizes = list(inputs.shape)
        axis = 2 if self.channels_first else 1
        before, sizes[axis] = sizes[axis], self.steps
        route = (sizes[0], self.steps, before)
        return [
            keras.KerasTensor(sizes, self.compute_dtype),
            keras.KerasTensor(route, self.exact),
        ]

    def get_config(self) -> dict[str, Any]:
        own = {"steps": self.steps, "gate": self.gate}
        own["channels_first"] = self.channels_first
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_residual")
class ReturnSteps(StreamWrite):
    """Adds what a branch made of some steps to these steps, times their scores.

    Its inputs are the stream, the change, and the rows of `RouteSteps`.

    Args:
        channels_first: Whether the channels come first.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, *, channels_first: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels_first = channels_first

    def call(self, inputs: Any) -> Any:
        stream, change, route = inputs
        change = self.precise(last(change, self.channels_first))
        put = keras.ops.matmul(keras.ops.swapaxes(self.precise(route), -1, -2), change)
        return self.coarse(stream) + self.coarse(back(put, self.channels_first))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channels_first": self.channels_first}
