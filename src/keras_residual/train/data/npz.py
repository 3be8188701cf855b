"""Arrays in a .npz file, which may lie about what it holds."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from numpy.lib import format as npy
from numpy.typing import NDArray

from keras_residual.common.errors import ForeignError
from keras_residual.common.wording import counted, listed
from keras_residual.files.archive import open_zip, unread
from keras_residual.train.data.arrays import make_dataset, terms_of
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.data.npy import advice, check_text, read_header
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe

NEEDED = "A file holds `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`."
WRITE = "np.savez('data.npz', x=values, y=labels)"
PARTS = ("x_train", "y_train", "x_test", "y_test")
# A compressed array may be much larger than its file; an array as it is may not.
ANY_RATIO = 2**24  # bytes up to which nobody minds
LARGEST_RATIO = 100


def load(path: Path, recipe: Recipe) -> Dataset:
    """Reads `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`.

    Args:
        path: The file.
        recipe: Task, layout, and the share held out, where there is no test part.

    Raises:
        InputError: The file is damaged, holds objects, or lacks an array.
    """
    names = list_arrays(path)
    if set(PARTS) <= set(names):
        arrays = read_arrays(path, PARTS)
        train = arrays["x_train"], arrays["y_train"]
        test = arrays["x_test"], arrays["y_test"]
        return _say_left_out(
            make_dataset(path.name, train, test, **terms_of(recipe)), names, PARTS
        )
    wanted = PARTS[:2] if "x_train" in names else ("x", "y")
    if not set(wanted) <= set(names):
        raise InputError(
            f"Data {path}: an array is missing.",
            given=f"arrays {listed(sorted(names)) or 'none'}",
            needed=NEEDED,
            write=WRITE,
        )
    arrays = read_arrays(path, wanted)
    both = arrays[wanted[0]], arrays[wanted[1]]
    return _say_left_out(
        make_dataset(path.name, both, **terms_of(recipe)), names, wanted
    )


def _say_left_out(
    dataset: Dataset, names: Collection[str], used: Collection[str]
) -> Dataset:
    rest = sorted(map(repr, set(names) - set(used)))
    said = f"Left out: {counted(len(rest), 'other array')}, {listed(rest)}."
    return replace(dataset, reading=(*dataset.reading, said)) if rest else dataset


def list_arrays(path: Path) -> list[str]:
    """Names the arrays of a .npz file; none of them is read.

    Args:
        path: The file.

    Raises:
        InputError: The file is damaged, or no archive.
    """
    try:
        with open_zip(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except Exception as error:  # zipfile raises eight kinds of a damaged file
        raise _unreadable(path, error) from error


def read_arrays(path: Path, names: Collection[str]) -> dict[str, NDArray]:
    """Reads arrays of a .npz file; nothing in it is ever run.

    What its headers say is compared with what the file can hold, before any memory is
    taken for it.

    Args:
        path: The file.
        names: The arrays that are needed; others are not looked at.

    Raises:
        InputError: The file is damaged, lacks one of them, or one holds Python objects
            or claims to be much larger than it is.
    """
    try:
        with open_zip(path) as archive:
            members = [_member(archive, name) for name in names]
            for member in members:
                _check(archive, member)
            return {
                name: _read(archive, member)
                for name, member in zip(names, members, strict=True)
            }
    except Exception as error:  # so many kinds does NumPy add to those of zipfile
        raise _unreadable(path, error) from error


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    found = [one for one in archive.infolist() if one.filename in (name, f"{name}.npy")]
    if len(found) != 1:
        raise ForeignError(f"{len(found)} arrays are named {name}")
    return found[0]


def _check(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    name, size, packed = member.filename, member.file_size, member.compress_size
    if reason := unread(member):
        raise ForeignError(f"{name}: {reason}")
    if size > max(ANY_RATIO, LARGEST_RATIO * packed):
        raise ForeignError(
            f"{name}: {size} bytes out of {packed}; write it uncompressed"
        )
    with archive.open(member) as file:
        read_header(file, name, size)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray:
    with archive.open(member) as file:
        array = npy.read_array(file, allow_pickle=False)
    check_text(member.filename, array)
    return array


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"Data {path}: the file cannot be read.",
        given=f"{str(error)[:200] or type(error).__name__}",
        needed="A .npz file of plain arrays; Python objects are never unpickled.",
        write=advice(error, WRITE),
    )
