"""KeepMask: gives a merged stream the mask that one of its paths lost."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_residual")
class KeepMask(keras.layers.Layer):
    """Returns its first input with the mask of its second.

    Keras's merges drop the mask where one input has none, and convolutions have
    none: a `Conv1D` branch would silently unmask the sequence.

    Args:
        stride: Steps of the second input for one of the first.
        start: Steps of the second input before the first of the first.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Two tensors, `(batch, steps, ...)` and `(batch, more steps, ...)`.

    Output shape:
        That of the first.

    Examples:
        >>> y, x = keras.Input((10, 4)), keras.Input((10, 4))
        >>> kr.layers.KeepMask()([y, x]).shape
        (None, 10, 4)
    """

    def __init__(self, stride: int = 1, start: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stride, self.start = stride, start
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs[0]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        kept = previous_mask[1] if previous_mask else None
        if kept is None:
            return None
        steps: Any = keras.ops.shape(inputs[0])
        return kept[:, self.start :: self.stride][:, : steps[1]]

    def compute_output_shape(self, input_shape: list[tuple]) -> tuple:
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stride": self.stride, "start": self.start}
