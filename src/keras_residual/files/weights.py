"""The weights in a `.keras` file: whole arrays of numbers, one behind the other."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import h5py
import numpy as np
from h5py import h5a, h5l, h5o  # pyright: ignore[reportAttributeAccessIssue]  compiled

from keras_residual.common.errors import ForeignError
from keras_residual.files.errors import DAMAGED, RefusedError, shown
from keras_residual.files.heaps import check_heaps
from keras_residual.files.tensors import NAMES

DEEPEST = 100
LIBRARY = (1, 14, 4)  # earlier ones write beyond their memory: CVE-2026-26200
MOST_OBJECTS = 30_000  # a tenth of a millisecond each, until the file is read


# Of each array: its name, shape and type.
Held = list[tuple[str, tuple[int, ...], str]]


def check_weights(weights: io.BytesIO) -> Held:
    """Lists the arrays of a file, and refuses what else there is; no number is read.

    Args:
        weights: An HDF5 file, whole.

    Raises:
        RefusedError: It is damaged, or holds what Keras does not write: links, arrays
            that live elsewhere, arrays larger than the file.
    """
    check_library()
    try:
        check_heaps(weights.getbuffer())
        with h5py.File(weights, "r") as file:
            return _listed(file, weights.getbuffer().nbytes)
    except ForeignError as error:
        raise RefusedError(
            "its weights are not as Keras writes them.",
            given=str(error),
            needed="Weights are plain arrays of numbers, whole in the file itself.",
            write='model.save("model.keras") with Keras, where you have the model',
        ) from error
    except Exception as error:  # h5py raises eight kinds of a damaged file
        raise damaged(error) from error


def damaged(error: Exception) -> RefusedError:
    """Returns the error that says that HDF5 cannot read the weights of a file.

    Args:
        error: What it said.
    """
    return RefusedError(
        "its weights are damaged.",
        given=shown(error),
        needed="model.weights.h5 is an HDF5 file, whole to the last byte.",
        write=DAMAGED,
    )


def check_library() -> None:
    """Refuses to read HDF5 with a library that is known to be unsafe.

    Raises:
        RefusedError: It is.
    """
    if (found := h5py.version.hdf5_version_tuple) < LIBRARY:
        raise RefusedError(
            "it is not read by an HDF5 library with a known hole.",
            given=f"HDF5 {'.'.join(map(str, found))}",
            needed=f"HDF5 is {'.'.join(map(str, LIBRARY))} or newer; h5py brings it.",
            write="pip install --upgrade h5py",
        )


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
    seen: set[object] = set()
    while waiting:
        group, depth = waiting.pop()
        _check_attributes(group, lists)
        if len(group) and (depth == DEEPEST or len(seen) + len(group) > MOST_OBJECTS):
            raise ForeignError(f"more than {DEEPEST} levels or {MOST_OBJECTS} objects")
        for name in group.id:
            found = _member(group, name, seen)
            if isinstance(found, h5py.Dataset):
                yield _plain(found)
            else:
                waiting.append((found, depth + 1))


def _member(
    group: h5py.Group, name: bytes, seen: set[object]
) -> h5py.Group | h5py.Dataset:
    # Asked before it is opened: to open a link is to follow it.
    if group.id.links.get_info(name).type != h5l.TYPE_HARD:
        link = type(group.get(name, getlink=True)).__name__
        raise ForeignError(f"{_place(group, name)}, a {link}")
    about = h5o.get_info(group.id, name)
    if about.addr in seen:
        raise ForeignError(f"{_place(group, name)}, one object under two names")
    seen.add(about.addr)
    if about.type == h5o.TYPE_GROUP:
        return h5py.Group(h5py.h5g.open(group.id, name))
    if about.type == h5o.TYPE_DATASET:
        return h5py.Dataset(h5py.h5d.open(group.id, name))
    raise ForeignError(f"{_place(group, name)}, a {type(group[name]).__name__}")


def _place(group: h5py.Group, name: bytes) -> str:
    return shown(f"{group.name}/{name.decode(errors='backslashreplace')}")


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


def _listed(file: h5py.File, size: int) -> Held:
    held, declared = [], 0
    for array in arrays(file):
        held.append((str(array.name), array.shape, stored_type(array)))
        declared += _bytes(array)
    if declared > size:
        raise ForeignError(f"arrays of {declared} bytes in a file of {size}")
    return held


def stored_type(array: h5py.Dataset) -> str:
    """Returns an array's type as Keras names it; bfloat16 and float8 are bare bytes.

    Args:
        array: It stands in a file that Keras wrote.
    """
    named = array.attrs.get("dtype") if h5a.get_num_attrs(array.id) else None
    return str(array.dtype if named is None else named)


def numbers(values: np.ndarray, dtype: str) -> np.ndarray:
    """Returns numbers, where HDF5 holds bare bytes of a type that it does not know.

    Args:
        values: An array of a file.
        dtype: Its type, as `stored_type` says.
    """
    known = {str(one): one for one in NAMES}.get(dtype, values.dtype)
    return values.view(known) if values.dtype.kind == "V" else values


def _bytes(array: h5py.Dataset) -> int:
    return math.prod(array.shape) * array.dtype.itemsize  # NumPy's own sum wraps


def _is_number(dtype: np.dtype) -> bool:
    # bfloat16 and float8 are written as one or two bytes without a meaning.
    bare = dtype.kind == "V" and dtype.names is None and dtype.itemsize <= 2
    return dtype.kind in "biuf" or bare


def _check_attributes(
    item: h5py.Group | h5py.Dataset, lists: tuple[str, ...] = ()
) -> None:
    for name in item.attrs if h5a.get_num_attrs(item.id) else ():
        attribute = item.attrs.get_id(name)
        if attribute.shape != () and not name.startswith(lists):
            raise ForeignError(
                f"{shown(item.name)}, attribute {shown(name)} is an array"
            )
