"""KeepMask and FillMasked: what a mask says reaches those that would not hear it."""

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


@keras.saving.register_keras_serializable(package="keras_residual")
class FillMasked(keras.layers.Layer):
    """Replaces what is masked by a number, for what does not heed masks.

    Args:
        by: `"zero"`, as what lies outside of a tensor is for a convolution; or
            `"least"`, the least element of each channel, which no maximum takes.
        axis: The axis of the channels, -1 or 1.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, ..., channels)`, or `(batch, channels, ...)` with `axis=1`.

    Output shape:
        That of the input; it has no mask.
    """

    def __init__(self, by: str = "zero", *, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by, self.axis = by, axis
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return inputs
        axis = self.axis % len(inputs.shape)
        number: Any = 0.0
        if self.by == "least":
            places = [a for a in range(1, len(inputs.shape)) if a != axis]
            number = keras.ops.min(inputs, places, keepdims=True)
            number = keras.ops.stop_gradient(number)
        fill = keras.ops.zeros_like(inputs) + number
        return keras.ops.where(keras.ops.expand_dims(mask, axis), inputs, fill)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        del inputs, previous_mask

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "by": self.by, "axis": self.axis}
