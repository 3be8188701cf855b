"""Weight, Constant and SetMask: what a layer's own call holds, as layers of a graph."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_residual")
class Weight(keras.layers.Layer):
    """Returns one weight, whatever it is called on.

    A custom layer may use its weights in operations, `x * self.gamma`. Where such a
    layer is opened, this one holds the weight, so that it is counted, trained and saved
    as before.

    Args:
        variable: The weight; a new one by default.
        shape: The shape of a new one.
        trainable: Whether a new one is trained.
        weight_dtype: The dtype of a new one; by default that of the layer's policy.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Any; it only ties the weight to a graph.

    Output shape:
        That of the weight, with no axis for the batch.

    Examples:
        >>> gamma = keras.Variable([1.0, 2.0], name="gamma")
        >>> kr.layers.Weight(gamma)(keras.ops.zeros((1, 2))).shape == (2,)
        True
    """

    def __init__(
        self,
        variable: keras.Variable | None = None,
        *,
        shape: Any = (),
        trainable: bool = True,
        weight_dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, **kwargs)
        if variable is None:
            variable = self.add_weight(
                shape=tuple(shape),
                initializer="zeros",
                dtype=weight_dtype,
                trainable=trainable,
                name=self.name,
            )
        self.variable = variable
        self.built = True

    def call(self, inputs: Any) -> Any:
        del inputs
        return keras.ops.convert_to_tensor(self.variable)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        del inputs
        dtype = self.variable.dtype
        if "float" in dtype and self.compute_dtype != self.variable_dtype:
            dtype = self.compute_dtype  # as an autocast scope makes of it
        return keras.KerasTensor(self.variable.shape, dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "shape": list(self.variable.shape),
            "trainable": self.variable.trainable,
            "weight_dtype": self.variable.dtype,
        }


@keras.saving.register_keras_serializable(package="keras_residual")
class Constant(keras.layers.Layer):
    """Returns an array, whatever it is called on.

    Args:
        value: The array: positions, a mask.
        value_dtype: Its dtype, by default the one that it has.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Any; it only ties the array to a graph.

    Output shape:
        That of the array, with no axis for the batch.

    Examples:
        >>> kr.layers.Constant([0, 1, 2])(keras.ops.zeros((4, 3))).shape == (3,)
        True
    """

    def __init__(
        self, value: Any, *, value_dtype: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        tensor: Any = keras.ops.convert_to_tensor(value, dtype=value_dtype)
        self.value_dtype = keras.backend.standardize_dtype(tensor.dtype)
        self.value: Any = keras.ops.convert_to_numpy(tensor)
        self.built = True

    def call(self, inputs: Any) -> Any:
        del inputs
        return keras.ops.convert_to_tensor(self.value, dtype=self.value_dtype)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        del inputs
        return keras.KerasTensor(self.value.shape, self.value_dtype)

    def get_config(self) -> dict[str, Any]:
        held = {"value": self.value.tolist(), "value_dtype": self.value_dtype}
        return {**super().get_config(), **held}


@keras.saving.register_keras_serializable(package="keras_residual")
class SetMask(keras.layers.Layer):
    """Returns its first input with the second as its mask, or with none.

    A custom layer says by `supports_masking` and `compute_mask` which mask its output
    carries. Where it is opened, this layer says the same.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        One tensor, or a tensor and its mask.

    Output shape:
        That of the tensor.

    Examples:
        >>> y, mask = keras.Input((10, 4)), keras.Input((10,), dtype="bool")
        >>> kr.layers.SetMask()([y, mask]).shape
        (None, 10, 4)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        return keras.ops.copy(keras.tree.flatten(inputs)[0])

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        del previous_mask
        given = keras.tree.flatten(inputs)
        return given[1] if len(given) > 1 else None

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        tensor = keras.tree.flatten(inputs)[0]
        return keras.KerasTensor(tensor.shape, tensor.dtype)
