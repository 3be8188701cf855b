"""What a layer's own call holds, as layers of a graph."""

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


@keras.saving.register_keras_serializable(package="keras_residual")
class Spread(keras.layers.Layer):
    """Returns its first input for each example of the second.

    A custom layer may join a learned token, or a mask, with each example of a batch.
    Where it is opened, this layer makes as many of them as there are examples.

    Args:
        shape: What one example is stretched to, with no axis for the batch; None for
            a size that it has.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        A tensor whose first axis is one or the batch, and one with the batch.

    Output shape:
        `shape` after the batch, or the sizes of the first.

    Examples:
        >>> token, x = keras.ops.ones((1, 1, 8)), keras.ops.zeros((4, 10, 8))
        >>> kr.layers.Spread((1, 8))([token, x]).shape == (4, 1, 8)
        True
    """

    def __init__(self, shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        given, _ = inputs
        sizes: list[Any] = [keras.ops.shape(one) for one in inputs]
        rest = self._rest(sizes[0])
        return keras.ops.broadcast_to(given, (sizes[1][0], *rest))

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        given, like = inputs
        shape: Any = given.shape
        return keras.KerasTensor((like.shape[0], *self._rest(shape)), given.dtype)

    def _rest(self, given: Any) -> list[Any]:
        pairs = zip(self.shape, given[-len(self.shape) :], strict=True)
        return [old if new is None else new for new, old in pairs]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "shape": list(self.shape)}


@keras.saving.register_keras_serializable(package="keras_residual")
class Spare(keras.layers.Layer):
    """Returns its input, and holds weights that nothing reads.

    A model may have weights that its call does not use. Where it is opened, this layer
    keeps them, so that they are counted and saved as before.

    Args:
        variables: The weights; new ones by default.
        shapes: The shapes of new ones.
        weight_dtypes: Their dtypes.
        are_trainable: Of each, whether it is trained.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Examples:
        >>> unused = keras.Variable([1.0, 2.0])
        >>> kr.layers.Spare([unused]).count_params()
        2
    """

    def __init__(
        self,
        variables: Any = None,
        *,
        shapes: Any = (),
        weight_dtypes: Any = (),
        are_trainable: Any = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        new = zip(shapes, weight_dtypes, are_trainable, strict=True)
        self.held = list(variables or ()) or [
            self.add_weight(
                shape=tuple(shape),
                initializer="zeros",
                dtype=dtype,
                trainable=trained,
                name=f"held_{k}",
            )
            for k, (shape, dtype, trained) in enumerate(new)
        ]
        self.built = True

    def call(self, inputs: Any) -> Any:
        return keras.ops.copy(inputs)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "shapes": [list(one.shape) for one in self.held],
            "weight_dtypes": [one.dtype for one in self.held],
            "are_trainable": [one.trainable for one in self.held],
        }
