"""Arrays by name in one file without code: safetensors, with a digest of its contents.

Format: https://github.com/huggingface/safetensors#format: a length in eight bytes, a
header in JSON, and the arrays one behind the other. It has no checksum, and most bits
that flip in it make other weights; so a digest stands in the metadata. We write and
read it here and not with its package: that writes metadata in another order in each
process, and reads a header of 100 MB before it asks what is in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from keras_residual.common.errors import ForeignError, ResidualError
from keras_residual.common.files import open_regular, replacing
from keras_residual.files.archive import parse_json
from keras_residual.files.errors import DAMAGED, RefusedError, shown
from keras_residual.files.kinds import Wanted, head_of

Arrays = dict[str, np.ndarray]
LARGEST_HEADER = 10 * 2**20
MOST_ARRAYS = 20_000
MOST_AXES = 32  # NumPy 1's limit
LARGEST = 2**62  # bytes: what NumPy can count
METADATA, DIGEST = "__metadata__", "sha256"
DTYPES = {
    "BOOL": np.dtype(bool),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F16": np.dtype("float16"),
    "F32": np.dtype("float32"),
    "F64": np.dtype("float64"),
    **{f"I{bits}": np.dtype(f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"U{bits}": np.dtype(f"uint{bits}") for bits in (8, 16, 32, 64)},
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
WANTED = Wanted(
    "A file of weights is a .safetensors file, or a .weights.h5 file of Keras 3.",
    'kr.save_weights(model, "model.safetensors"), and the path of that file',
)


class Slot(NamedTuple):
    """What a header says of one array; its place is counted from the header's end."""

    dtype: np.dtype
    shape: tuple[int, ...]
    start: int
    stop: int


class Header(NamedTuple):
    """What a file says of itself, before any array is read."""

    slots: dict[str, Slot]
    metadata: dict[str, str]


class Tensors(NamedTuple):
    """What a file holds; `verified` where it has a digest, which then was right."""

    arrays: dict[str, np.ndarray]
    metadata: dict[str, str]
    verified: bool


def write(
    path: Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] = {}
) -> None:
    """Writes arrays by name, whole or not at all; equal arrays are equal files.

    Args:
        path: The file to make or to replace.
        arrays: Numbers; of up to 20,000 names.
        metadata: Texts by name, for whoever reads the file.

    Raises:
        ResidualError: An array is of a type that the format lacks, or there are too
            many.
        OSError: It cannot be written there.
    """
    ordered = {
        name: np.ascontiguousarray(array).reshape(array.shape)
        for name, array in sorted(
            arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])
        )
    }
    digest = _digest(ordered, metadata)
    header: dict[str, Any] = {METADATA: {**metadata, DIGEST: digest}}
    at = 0
    for name, array in ordered.items():
        header[name] = {
            "dtype": _name(name, array.dtype),
            "shape": array.shape,
            "data_offsets": [at, at := at + array.nbytes],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(arrays) > MOST_ARRAYS or len(text) > LARGEST_HEADER:
        raise ResidualError(
            f"Weights file {path}: that is too much for one file.",
            given=f"{len(arrays)} arrays, and a header of {len(text)} bytes",
            needed=f"A file holds up to {MOST_ARRAYS} arrays, and a header of "
            f"{LARGEST_HEADER} bytes.",
            write='model.save("model.keras")',
        )
    with replacing(path) as partial, partial.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in ordered.values():
            file.write(_bytes(array))


def _name(name: str, dtype: np.dtype) -> str:
    if dtype not in NAMES:
        raise ResidualError(
            "A file of weights: it has no such numbers.",
            given=f"{name}: {dtype}",
            needed=f"The format knows {', '.join(map(str, NAMES))}.",
            write=f'array.astype("float32") for {name}',
        )
    return NAMES[dtype]


def read(
    path: Path,
    *,
    largest: int = LARGEST,
    accept: Callable[[Header], object] = lambda header: None,
) -> Tensors:
    """Reads arrays by name; what the header says is checked before memory is taken.

    Args:
        path: A file that `write` made, or another writer of the format.
        largest: How many bytes all arrays may take.
        accept: Raises a `RefusedError` for what should not be read, such as arrays of
            other shapes.

    Raises:
        RefusedError: It is damaged, or no safetensors file.
        MissingFileError: There is no such file.
        FolderError: It is a folder.
        UnreadableError: It may not be read.
    """
    try:
        head_of(path, WANTED)
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            header, at = _read_header(file, size)
            _check_tiling(header, size - at, largest)
            accept(header)
            arrays = {
                name: _read_array(file, name, slot, at)
                for name, slot in header.slots.items()
            }
        _check_digest(arrays, header.metadata)
    except RefusedError as error:
        raise error.within(f"Weights file {path}") from error.__cause__
    except (ForeignError, OSError, UnicodeError) as error:
        raise _damaged(error).within(f"Weights file {path}") from error
    metadata = {k: v for k, v in header.metadata.items() if k != DIGEST}
    return Tensors(arrays, metadata, DIGEST in header.metadata)


def _damaged(error: Exception) -> RefusedError:
    return RefusedError(
        "the file is damaged, or no safetensors file.",
        given=shown(error),
        needed="A safetensors file is a header in JSON and arrays, whole to the last "
        "byte.",
        write=DAMAGED,
    )


def _read_header(file: io.FileIO, size: int) -> tuple[Header, int]:
    length = int.from_bytes(_exactly(file, 8), "little")
    if length > LARGEST_HEADER or 8 + length > size:
        raise ForeignError(f"a header of {length} bytes in a file of {size}")
    try:
        parsed = parse_json(_exactly(file, length), "its header")
    except ValueError as error:  # also what is no JSON
        raise ForeignError(str(error)) from error
    metadata = parsed.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(
        isinstance(text, str) for text in metadata.values()
    ):
        raise ForeignError(f"its {METADATA} holds more than texts")
    if len(parsed) > MOST_ARRAYS:
        raise ForeignError(f"{len(parsed)} arrays, more than {MOST_ARRAYS}")
    slots = {name: _slot(name, entry) for name, entry in parsed.items()}
    return Header(slots, metadata), 8 + length


def _slot(name: str, entry: Any) -> Slot:
    if not isinstance(entry, dict) or sorted(entry) != [
        "data_offsets",
        "dtype",
        "shape",
    ]:
        raise ForeignError(f"{shown(name)} is not described as an array")
    dtype, shape, ends = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not (_are_sizes(shape) and _are_sizes(ends) and len(ends) == 2):
        raise ForeignError(f"{shown(name)}, of shape {shown(shape)} at {shown(ends)}")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ForeignError(f"{shown(name)}, of type {shown(dtype)}")
    slot = Slot(DTYPES[dtype], tuple(shape), *ends)
    takes = math.prod(slot.shape) * slot.dtype.itemsize
    if takes != slot.stop - slot.start or math.prod(s or 1 for s in shape) > LARGEST:
        raise ForeignError(
            f"{shown(name)}, {takes} bytes that stand from {slot.start} to {slot.stop}"
        )
    return slot


def _are_sizes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_AXES
        and all(type(size) is int and 0 <= size < LARGEST for size in value)
    )


def _check_tiling(header: Header, size: int, largest: int) -> None:
    at = 0
    for slot in sorted(header.slots.values(), key=lambda slot: (slot.start, slot.stop)):
        if slot.start != at:
            raise ForeignError(f"arrays overlap or leave a hole at byte {at}")
        at = slot.stop
    if at != size:
        raise ForeignError(f"arrays of {at} bytes where the file has {size}")
    if at > largest:
        raise RefusedError(
            "it is larger than allowed.",
            given=f"arrays of {at} bytes",
            needed=f"Up to {largest} bytes are read here.",
            write="the file of a model of that size",
        )


def _read_array(file: io.FileIO, name: str, slot: Slot, at: int) -> np.ndarray:
    array = np.empty(slot.shape, slot.dtype)
    whole, got = _bytes(array), 0
    file.seek(at + slot.start)
    while got < len(whole):
        if not (count := file.readinto(whole[got : got + 2**24])):
            raise ForeignError(f"{shown(name)} ends early")
        got += count
    if slot.dtype == bool and array.size and array.view(np.uint8).max() > 1:
        raise ForeignError(f"{shown(name)} holds truths that are neither 0 nor 1")
    return array


def _exactly(file: io.FileIO, size: int) -> bytes:
    if len(data := file.read(size) or b"") < size:
        raise ForeignError(f"it ends after {len(data)} of {size} bytes")
    return data


def _bytes(array: np.ndarray) -> memoryview:
    return memoryview(array.reshape(-1).view(np.uint8))  # pyright: ignore[reportArgumentType]  a buffer


def _check_digest(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    if DIGEST not in metadata:
        return
    others = {name: text for name, text in metadata.items() if name != DIGEST}
    if _digest(arrays, others) != metadata[DIGEST]:
        raise RefusedError(
            "its contents are not those that were written.",
            given=f"a {DIGEST} that is not that of its contents",
            needed="What is read is what was written, to the bit.",
            write=DAMAGED,
        )


def _digest(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """Returns the digest of names, types, shapes, numbers and texts, in no order."""
    listed = [
        [name, NAMES.get(a.dtype), a.shape, hashlib.sha256(_bytes(a)).hexdigest()]
        for name, a in sorted(arrays.items())
    ]
    text = json.dumps([listed, dict(sorted(metadata.items()))])
    return hashlib.sha256(text.encode()).hexdigest()
