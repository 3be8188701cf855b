"""Arrays in a .npz file."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data.arrays import make_dataset, terms_of
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe

NEEDED = "A file holds `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`."
# What NumPy, zipfile and zlib raise on a file that is cut off or of another kind.
DAMAGE = (
    ValueError,
    TypeError,
    OSError,
    EOFError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
WRITE = "np.savez('data.npz', x=values, y=labels)"


def load(path: Path, recipe: Recipe) -> Dataset:
    """Reads `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`.

    Args:
        path: The file.
        recipe: Task, layout, and the share held out, where there is no test part.

    Raises:
        InputError: The file is damaged, holds objects, or lacks an array.
    """
    arrays = read_arrays(path)
    if {"x_train", "y_train", "x_test", "y_test"} <= set(arrays):
        train = arrays["x_train"], arrays["y_train"]
        test = arrays["x_test"], arrays["y_test"]
        return make_dataset(path.name, train, test, **terms_of(recipe))
    suffix = "_train" if "x_train" in arrays else ""
    values, labels = arrays.get(f"x{suffix}"), arrays.get(f"y{suffix}")
    if values is None or labels is None:
        raise InputError(
            f"Data {path}: an array is missing.",
            given=f"arrays {', '.join(sorted(arrays)) or 'none'}",
            needed=NEEDED,
            write=WRITE,
        )
    return make_dataset(path.name, (values, labels), **terms_of(recipe))


def read_arrays(path: Path) -> dict[str, NDArray]:
    """Reads every array of a .npz file; nothing in it is ever run.

    Args:
        path: The file.

    Raises:
        InputError: The file is damaged or holds Python objects.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except DAMAGE as error:
        raise InputError(
            f"Data {path}: the file cannot be read.",
            given=f"{path.stat().st_size} bytes: {error}",
            needed="A .npz file of plain arrays; Python objects are never unpickled.",
            write=WRITE,
        ) from error
