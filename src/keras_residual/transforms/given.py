"""Inputs that a person gives, in whatever structure a model takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.transforms.trials import Arrays, Trial, is_large

GIVEN = "given"
"""The kind of samples that were given."""


def given_trial(model: keras.Model, inputs: Any) -> Trial:
    """Returns the batch that was given for a model.

    Args:
        model: A Functional or Sequential model.
        inputs: An array; a list or tuple of arrays in the order of `model.inputs`; a
            dict by the names of the inputs or by the model's own keys; or the structure
            that the model takes.

    Raises:
        ResidualError: It does not fit the inputs of the model.

    Examples:
        >>> x, y = keras.Input((2,), name="x"), keras.Input((3,), name="y")
        >>> model = keras.Model([x, y], keras.layers.Concatenate()([x, y]))
        >>> given_trial(model, {"y": np.ones((5, 3)), "x": np.ones((5, 2))}).shapes
        '(5, 2), (5, 3)'
    """
    arrays = tuple(_array(one) for one in _in_order(model, inputs))
    tensors = model.inputs
    fits = len(arrays) == len(tensors) and all(
        _takes(tensor.shape, array.shape)
        for tensor, array in zip(tensors, arrays, strict=True)
    )
    rows = {array.shape[:1] for array in arrays}
    if not fits or len(rows) != 1 or (0,) in rows:
        raise _misfit(model, arrays)
    fixed = tensors[0].shape[0] is not None
    kinds = (GIVEN,) * len(arrays[0])
    return Trial(kinds, arrays, apart=is_large(arrays) and not fixed)


def _in_order(model: keras.Model, inputs: Any) -> list[Any]:
    names = [tensor.name for tensor in model.inputs]
    if isinstance(inputs, Mapping):
        keys = names
        if set(inputs) != set(names) and isinstance(model.input, Mapping):
            keys = sorted(model.input)  # as Keras flattens it
        if set(inputs) == set(keys):
            return [inputs[key] for key in keys]
    if isinstance(inputs, (list, tuple)) and len(names) == 1 and len(inputs) != 1:
        return [inputs]  # the rows of one array
    return keras.tree.flatten(inputs)


def _array(value: Any) -> np.ndarray:
    if isinstance(value, keras.KerasTensor):
        raise KindError(
            "These inputs have no numbers.",
            given=f"{value!r:.80}",
            needed="A model is run on arrays, and a Keras tensor is a place for one.",
            write="inputs=np.ones((8, 32, 32, 3)), with numbers of your own",
        )
    if hasattr(value, "dtype") and not isinstance(value, np.ndarray):
        value = keras.ops.convert_to_numpy(value)
    array = np.asarray(value)
    return array.astype(str) if array.dtype.kind in "SO" else array


def _takes(shape: tuple[int | None, ...], given: tuple[int, ...]) -> bool:
    return len(shape) == len(given) and all(
        n in (None, m) for n, m in zip(shape, given, strict=True)
    )


def _misfit(model: keras.Model, arrays: Arrays) -> ResidualError:
    needed = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in model.inputs)
    shapes = ", ".join(str(array.shape) for array in arrays)
    return ResidualError(
        f'Model "{model.name}": the inputs do not fit.',
        given=shapes or "nothing",
        needed=f"It takes {needed}, with as many samples in each.",
        write="inputs=[array] in that order, or inputs={name: array}",
        option="--inputs FILE.npz",
    )
