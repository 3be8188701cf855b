"""Arrays in .npy files, which stay on the disk until a batch is asked for."""

from __future__ import annotations

import math
import os
import re
import sys
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import open_regular
from keras_residual.train.data.arrays import make_dataset, terms_of
from keras_residual.train.data.dataset import Dataset, all_chunks
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
OBJECTS = (
    "y.astype(str) for words, np.array(x.tolist(), 'float32') for numbers, and "
    "np.save or np.savez of that"
)
HEADERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


class ObjectsError(ForeignError):
    """Says that an array holds Python objects."""


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
            write=advice(error, "np.save('x.npy', values)"),
        ) from error


def advice(error: Exception, write: str) -> str:
    """Returns what to write instead of an array of objects, or of another error's.

    Args:
        error: What `read_header` or NumPy raised.
        write: The advice where it is another.
    """
    return OBJECTS if isinstance(error, ObjectsError) else write


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


def read_header(
    file: IO[bytes], name: str, size: int
) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Reads what an array says of itself, and compares it with what is there.

    Args:
        file: Open at the array's beginning; afterwards, at its first value.
        name: What the array is called in messages.
        size: How many bytes the header and the values have.

    Returns:
        Shape, whether it is in Fortran's order, and type.

    Raises:
        ForeignError: It holds Python objects, or other bytes than it declares. NumPy
            raises other kinds of a damaged header.
    """
    read = HEADERS.get(npy.read_magic(file))
    if read is None:
        raise ForeignError(f"{name}: another version of the format")
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ObjectsError(f"{name}: Object arrays cannot be loaded: they hold code")
    if dtype.itemsize == 0 or min(shape, default=0) < 0:
        raise ForeignError(f"{name}: shape {shape} of {dtype}")
    declared, there = math.prod(shape) * dtype.itemsize, size - file.tell()
    if declared != there:
        raise ForeignError(f"{name}: {declared} bytes are declared, {there} there")
    return shape, fortran, dtype


def check_text(name: str, array: NDArray) -> None:
    """Refuses words with letters that are none.

    Args:
        name: What the array is called in messages.
        array: Any array.

    Raises:
        ForeignError: A letter is none of Unicode.
    """
    if array.dtype.kind == "U" and not all_chunks(np.atleast_1d(array), _is_text):
        raise ForeignError(f"{name}: a letter is none of Unicode")


def _is_text(words: NDArray) -> bool:
    native = np.ascontiguousarray(words.astype(words.dtype.newbyteorder("=")))
    codes = np.frombuffer(native.tobytes(), np.uint32)
    halves = (codes >= 0xD800) & (codes < 0xE000)
    return not (halves.any() or (codes > sys.maxunicode).any())
