"""Arrays by name in a safetensors file: written whole, read as a stranger's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ForeignError
from keras_residual.common.extras import extra

Arrays = dict[str, NDArray]
LARGEST_HEADER = 16 * 2**20
MOST_ARRAYS = 200_000
_TYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


def write_tensors(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Writes arrays to a file.

    Args:
        path: The file; what is there is written over.
        arrays: Arrays by their names.

    Raises:
        PackageError: safetensors is not installed.
    """
    with extra("train", "A checkpoint"):
        from safetensors.numpy import save
    path.write_bytes(save(_in_rows(arrays)))


def parse_tensors(data: bytes) -> Arrays:
    """Returns the arrays in the bytes of a file.

    The format holds names, types, shapes and numbers, and no code. It has no checksum:
    whoever needs one keeps it beside the file.

    Args:
        data: The file, whole.

    Raises:
        ForeignError: It is damaged, or its header is larger than that of any network.
        PackageError: safetensors is not installed.
    """
    with extra("train", "A checkpoint"):
        from safetensors import SafetensorError, deserialize
    if int.from_bytes(data[:8], "little") > LARGEST_HEADER:
        raise ForeignError("it begins with a header that no network has")
    try:
        found = deserialize(data)
    except SafetensorError as error:
        raise ForeignError(str(error)) from error
    if len(found) > MOST_ARRAYS:
        raise ForeignError(f"{len(found)} arrays")
    return {name: _array(name, **one) for name, one in found}


def _in_rows(arrays: Mapping[str, NDArray]) -> Arrays:
    """Returns arrays whose numbers lie as the format has them, row by row."""
    return {name: np.asarray(array, order="C") for name, array in arrays.items()}


def _array(name: str, dtype: str, shape: list[int], data: bytearray) -> NDArray:
    if dtype not in _TYPES:
        raise ForeignError(f"{name} is of type {dtype}")
    return np.frombuffer(data, _TYPES[dtype]).reshape(shape)
