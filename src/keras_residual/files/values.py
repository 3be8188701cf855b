"""What the numbers in a file may be: of their variable's type, finite, and possible."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from keras_residual.files.errors import RefusedError, shown
from keras_residual.files.weights import Held, arrays, stored_type

VARIANCES = ("moving_variance", "variance")
# The state of a random layer is of its backend's own type.
SEEDS = {"int32", "int64", "uint32"}
WHOLE = "a file from before the training broke down"


def check_types(held: Held, parts: dict[str, Iterable[Any]]) -> None:
    """Refuses arrays that would be cast into the variables that they are for.

    Keras casts without a word: a kernel of whole numbers, or of twice the digits, is
    not the one that was trained.

    Args:
        held: The arrays of the file.
        parts: The variables it is for: those of the "model", and of the "optimizer".

    Raises:
        RefusedError: An array has a variable's shape, and another type.
    """
    for part, variables in parts.items():
        there = [
            one
            for one in held
            if one[0].startswith("/optimizer/") == (part == "optimizer")
        ]
        wanted = Counter((tuple(v.shape), str(v.dtype)) for v in variables)
        _compare(wanted, there)


def check_slots(held: Held, model: keras.Model) -> None:
    """Refuses arrays that stand in the place of others of their shape.

    `check_types` counts, which tells all where arrays of one shape are of one type.
    Where they are not, the model is saved: that says which array is whose.

    Args:
        held: The arrays of the file.
        model: What was made of it.

    Raises:
        RefusedError: An array is not of the type that its variable is saved in.
    """
    kinds = {(shape, dtype) for _, shape, dtype in held}
    if len({shape for shape, _ in kinds}) == len(kinds):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        with h5py.File(path, "r") as file:
            wanted = {str(one.name): stored_type(one) for one in arrays(file)}
    for name, shape, dtype in held:
        needed = wanted.get(name, dtype)
        if needed != dtype and not {needed, dtype} <= SEEDS:
            raise _cast(name, shape, dtype, needed)


def _compare(wanted: Counter, held: Held) -> None:
    found = Counter((shape, dtype) for _, shape, dtype in held)
    missing, surplus = wanted - found, found - wanted
    for name, shape, dtype in held:
        needed = [other for needs, other in missing if needs == shape]
        if needed and (shape, dtype) in surplus:
            raise _cast(name, shape, dtype, needed[0])


def _cast(name: str, shape: tuple[int, ...], dtype: str, needed: str) -> RefusedError:
    return RefusedError(
        "a weight is of another type than its variable.",
        given=f"{shown(name)}: {dtype}, of shape {shape}",
        needed=f"That variable holds {needed}.",
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
        check_numbers(variable.path, np.asarray(keras.ops.convert_to_numpy(variable)))


def check_numbers(path: str, values: np.ndarray) -> None:
    """Refuses a weight that is not finite, and a variance below zero.

    Args:
        path: Of its variable.
        values: The weight.

    Raises:
        RefusedError: It is one.
    """
    if values.dtype.kind not in "biu" and not np.isfinite(values).all():
        raise RefusedError(
            "a weight is not finite.",
            given=f"{shown(path)}: {np.sum(~np.isfinite(values))} of "
            f"{values.size} values are NaN or infinite",
            needed="Every weight is a number.",
            write=f"{WHOLE}, or allow_not_finite=True to look at this one",
        )
    if path.rsplit("/", maxsplit=1)[-1] in VARIANCES:
        _check_variance(path, values)


def _check_variance(path: str, values: np.ndarray) -> None:
    if values.size and values.min() < 0:
        raise RefusedError(
            "a variance is below zero.",
            given=f"{shown(path)}: {values.min():g}",
            needed="A variance is zero or more: the layer takes its root.",
            write=f"{WHOLE}, or allow_not_finite=True to look at this one",
        )
