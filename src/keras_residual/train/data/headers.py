"""Headers of NumPy's arrays, which may lie about what follows."""

from __future__ import annotations

import math
import sys
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from keras_residual.train.data.chunks import all_chunks

HEADERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


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
        ValueError: It holds Python objects, or other bytes than it declares. NumPy
            raises other kinds of a damaged header.
    """
    read = HEADERS.get(npy.read_magic(file))
    if read is None:
        raise ValueError(f"{name}: another version of the format")
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError(f"{name}: Object arrays cannot be loaded: they hold code")
    if dtype.itemsize == 0 or min(shape, default=0) < 0:
        raise ValueError(f"{name}: shape {shape} of {dtype}")
    declared, there = math.prod(shape) * dtype.itemsize, size - file.tell()
    if declared != there:
        raise ValueError(f"{name}: {declared} bytes are declared, {there} there")
    return shape, fortran, dtype


def check_text(name: str, array: NDArray) -> None:
    """Refuses words with letters that are none.

    Args:
        name: What the array is called in messages.
        array: Any array.

    Raises:
        ValueError: A letter is none of Unicode.
    """
    if array.dtype.kind == "U" and not all_chunks(np.atleast_1d(array), _is_text):
        raise ValueError(f"{name}: a letter is none of Unicode")


def _is_text(words: NDArray) -> bool:
    native = np.ascontiguousarray(words.astype(words.dtype.newbyteorder("=")))
    codes = np.frombuffer(native.tobytes(), np.uint32)
    halves = (codes >= 0xD800) & (codes < 0xE000)
    return not (halves.any() or (codes > sys.maxunicode).any())
