"""A loss that a layer's own call adds, as a layer of a graph."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_residual")
class AddLoss(keras.layers.Layer):
    """Returns its first input, and adds the second to the losses of the model.

    A custom layer may add a loss in its call, as experts do that are to share the load.
    Where it is opened, this layer adds it.

    Args:
        in_training: Whether it is added in training alone.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Two tensors: any, and a loss.

    Output shape:
        That of the first.

    Examples:
        >>> layer = kr.layers.AddLoss()
        >>> y = layer([keras.ops.ones((2, 3)), keras.ops.array(0.5)])
        >>> [float(loss) for loss in layer.losses]
        [0.5]
    """

    def __init__(self, *, in_training: bool = False, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # a loss keeps its precision
        self.supports_masking = True
        self.in_training = in_training
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        given, loss = inputs
        if training or not self.in_training:
            self.add_loss(loss)
        return keras.ops.cast(given, self._dtype_of(given))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        del inputs
        return previous_mask[0] if previous_mask else None

    def compute_output_spec(self, inputs: Any, training: Any = None) -> Any:
        del training
        return keras.KerasTensor(inputs[0].shape, self._dtype_of(inputs[0]))

    def _dtype_of(self, given: Any) -> str:
        dtype = keras.backend.standardize_dtype(given.dtype)
        return self.compute_dtype if "float" in dtype else dtype

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "in_training": self.in_training}
