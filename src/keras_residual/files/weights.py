"""The weights in a `.keras` file: whole arrays of numbers, one behind the other."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import h5py
import numpy as np
from h5py import h5o  # pyright: ignore[reportAttributeAccessIssue]  compiled

from keras_residual.files.refusal import DAMAGED, RefusedError, shown

DEEPEST = 100
MOST_OBJECTS = 40_000  # a tenth of a millisecond each


class ForeignError(Exception):
    """Says what in a file Keras has not written."""


def check_weights(weights: io.BytesIO) -> None:
    """Refuses weights that are more than arrays of numbers; no number is read.

    Args:
        weights: An HDF5 file, whole.

    Raises:
        RefusedError: It is damaged, or holds what Keras does not write: links, arrays
            that live elsewhere, arrays larger than the file.
    """
    try:
        with h5py.File(weights, "r") as file:
            declared, largest = sum(map(_bytes, arrays(file))), _size(weights)
        if declared > largest:
            raise ForeignError(f"arrays of {declared} bytes in a file of {largest}")
    except ForeignError as error:
        raise RefusedError(
            "its weights are not as Keras writes them.",
            given=str(error),
            needed="Weights are plain arrays of numbers, whole in the file itself.",
            write='model.save("model.keras") with Keras, where you have the model',
        ) from error
    except Exception as error:  # h5py raises eight kinds of a damaged file
        raise RefusedError(
            "its weights are damaged.",
            given=shown(error),
            needed="model.weights.h5 is an HDF5 file, whole to the last byte.",
            write=DAMAGED,
        ) from error


def arrays(file: h5py.File, *, lists: tuple[str, ...] = ()) -> Iterator[h5py.Dataset]:
    """Yields every array of a file, each checked as it is met.

    Args:
        file: An HDF5 file.
        lists: How the names of attributes begin that may be lists; whoever reads them
            looks at their sizes.

    Raises:
        ForeignError: There is something that Keras does not write.
    """
    waiting: list[tuple[h5py.Group, int]] = [(file, 0)]
    seen = set()
    while waiting:
        group, depth = waiting.pop()
        _check_attributes(group, lists)
        for name in group:
            found = _member(group, str(name))
            seen_before = len(seen)
            seen.add(h5o.get_info(found.id).addr)
            if len(seen) == seen_before:
                raise ForeignError(f"{shown(found.name)}, one object under two names")
            if depth == DEEPEST or len(seen) > MOST_OBJECTS:
                raise ForeignError(
                    f"more than {DEEPEST} levels or {MOST_OBJECTS} objects"
                )
            if isinstance(found, h5py.Dataset):
                yield _plain(found)
            else:
                waiting.append((found, depth + 1))


def _member(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    # Asked before it is opened: to open a link is to follow it.
    link = group.get(name, getlink=True)
    where = shown(f"{group.name}/{name}")
    if not isinstance(link, h5py.HardLink):
        raise ForeignError(f"{where}, a {type(link).__name__}")
    found = group[name]
    if not isinstance(found, h5py.Group | h5py.Dataset):
        raise ForeignError(f"{where}, a {type(found).__name__}")
    return found


def _plain(array: h5py.Dataset) -> h5py.Dataset:
    where = shown(array.name)
    layout = array.id.get_create_plist().get_layout()
    if layout not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or array.external:
        raise ForeignError(f"{where}, in pieces, compressed or outside the file")
    if array.shape is None or not _is_number(array.dtype):
        raise ForeignError(f"{where}, values of type {shown(array.dtype)}")
    if (stored := array.id.get_storage_size()) != _bytes(array):
        raise ForeignError(
            f"{where}, {_bytes(array)} bytes of which {stored} are there"
        )
    _check_attributes(array)
    return array


def _size(weights: io.BytesIO) -> int:
    return weights.getbuffer().nbytes


def _bytes(array: h5py.Dataset) -> int:
    return math.prod(array.shape) * array.dtype.itemsize  # NumPy's own sum wraps


def _is_number(dtype: np.dtype) -> bool:
    # bfloat16 and float8 are written as one or two bytes without a meaning.
    bare = dtype.kind == "V" and dtype.names is None and dtype.itemsize <= 2
    return dtype.kind in "biuf" or bare


def _check_attributes(
    item: h5py.Group | h5py.Dataset, lists: tuple[str, ...] = ()
) -> None:
    for name in item.attrs:
        attribute = item.attrs.get_id(name)
        if attribute.shape != () and not name.startswith(lists):
            raise ForeignError(
                f"{shown(item.name)}, attribute {shown(name)} is an array"
            )
