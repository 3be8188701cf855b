"""What the numbers in a file may be: of their variable's type, finite, and possible."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from typing import Any

import h5py
import keras
import numpy as np

from keras_residual.store.refusal import RefusedError, shown
from keras_residual.store.weights import arrays

VARIANCES = ("moving_variance", "variance")
WHOLE = "a file from before the training broke down"


def check_types(weights: io.BytesIO, parts: dict[str, Iterable[Any]]) -> None:
    """Refuses arrays that would be cast into the variables that they are for.

    Keras casts without a word: a kernel of whole numbers, or of twice the digits, is
    not the one that was trained.

    Args:
        weights: An HDF5 file that `check_weights` has seen.
        parts: The variables it is for: those of the "model", and of the "optimizer".

    Raises:
        RefusedError: An array has a variable's shape, and another type.
    """
    with h5py.File(weights, "r") as file:
        held = [(str(one.name), one.shape, _dtype(one)) for one in arrays(file)]
    for part, variables in parts.items():
        there = [
            one
            for one in held
            if one[0].startswith("/optimizer/") == (part == "optimizer")
        ]
        wanted = Counter((tuple(v.shape), str(v.dtype)) for v in variables)
        _compare(wanted, there)


def _compare(wanted: Counter, held: list[tuple[str, tuple[int, ...], str]]) -> None:
    found = Counter((shape, dtype) for _, shape, dtype in held)
    missing, surplus = wanted - found, found - wanted
    for name, shape, dtype in held:
        needed = [other for needs, other in missing if needs == shape]
        if needed and (shape, dtype) in surplus:
            raise RefusedError(
                "a weight is of another type than its variable.",
                given=f"{shown(name)}: {dtype}, of shape {shape}",
                needed=f"That variable holds {needed[0]}.",
                write='model.save("model.keras") with Keras, where you have the model',
            )


def check_values(variables: Iterable[Any]) -> None:
    """Refuses weights that are not finite, and variances below zero.

    Args:
        variables: The weights.

    Raises:
        RefusedError: It names the first of them.
    """
    for variable in variables:
        values = np.asarray(keras.ops.convert_to_numpy(variable))
        if not np.isfinite(values).all():
            raise RefusedError(
                "a weight is not finite.",
                given=f"{shown(variable.path)}: {np.sum(~np.isfinite(values))} of "
                f"{values.size} values are NaN or infinite",
                needed="Every weight is a number.",
                write=f"{WHOLE}, or allow_not_finite=True to look at this one",
            )
        if variable.path.split("/")[-1] in VARIANCES:
            _check_variance(variable.path, values)


def _check_variance(path: str, values: np.ndarray) -> None:
    if values.size and values.min() < 0:
        raise RefusedError(
            "a variance is below zero.",
            given=f"{shown(path)}: {values.min():g}",
            needed="A variance is zero or more: the layer takes its root.",
            write=f"{WHOLE}, or allow_not_finite=True to look at this one",
        )


def _dtype(array: h5py.Dataset) -> str:
    """Returns the type as Keras names it; bfloat16 and float8 are bare bytes."""
    named = array.attrs.get("dtype")
    return str(array.dtype if named is None else named)
