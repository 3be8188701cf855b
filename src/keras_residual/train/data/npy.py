"""Arrays in .npy files, which stay on the disk until a batch is asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.files import open_regular
from keras_residual.train.data.arrays import make_dataset, terms_of
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.data.headers import check_text, read_header
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe

# How the file of the labels is called beside that of the values.
PAIRS = (
    ("x", "y"),
    ("X", "Y"),
    ("X", "y"),
    ("values", "labels"),
    ("images", "labels"),
    ("features", "labels"),
    ("features", "targets"),
    ("data", "labels"),
    ("inputs", "targets"),
)


def load(path: Path, recipe: Recipe) -> Dataset:
    """Reads `x.npy` with `y.npy` beside it, or `x_train.npy` with its three fellows.

    Args:
        path: The file of the values.
        recipe: Task, layout, and the share held out, where there is no test part.

    Raises:
        InputError: A file is missing or damaged, or does not fit.
    """
    train = read_array(path), read_array(_labels_of(path))
    judged = _test_of(path)
    if judged == path:
        return make_dataset(path.name, train, **terms_of(recipe))
    test = read_array(judged), read_array(_labels_of(judged))
    return make_dataset(path.name, train, test, **terms_of(recipe))


def read_array(path: Path) -> NDArray:
    """Maps an array from its file; nothing in it is ever run.

    Args:
        path: The file.

    Raises:
        InputError: The file is damaged or holds Python objects.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            shape, fortran, dtype = read_header(file, path.name, size)
            order = "F" if fortran else "C"
            array = np.memmap(file, dtype, "r", file.tell(), shape, order)
        check_text(path.name, array)
        return array
    except Exception as error:  # NumPy raises many kinds of a damaged file
        raise InputError(
            f"Data {path}: the file cannot be read.",
            given=str(error)[:200] or type(error).__name__,
            needed="A .npy file of a plain array; Python objects are never unpickled.",
            write="np.save('x.npy', values)",
        ) from error


def _labels_of(path: Path) -> Path:
    names = [
        re.sub(rf"(?<![A-Za-z]){values}(?![A-Za-z])", labels, path.stem)
        for values, labels in PAIRS
    ]
    beside = [path.with_name(f"{name}.npy") for name in names if name != path.stem]
    found = next((file for file in beside if file.is_file()), None)
    if found is None:
        raise InputError(
            f"Data {path}: the labels are missing.",
            given=f"no file {beside[0].name if beside else 'y.npy'} beside it",
            needed="Values are in x.npy and labels in y.npy, in one folder; or in "
            "x_train.npy, y_train.npy, x_test.npy and y_test.npy.",
            write="np.save('y.npy', labels) beside np.save('x.npy', values)",
        )
    return found


def _test_of(path: Path) -> Path:
    """Returns the file of the test part, or the same file where there is none."""
    judged = path.with_name(re.sub("train(ing)?", "test", path.stem) + ".npy")
    return judged if judged.is_file() else path
