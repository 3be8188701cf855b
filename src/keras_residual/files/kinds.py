"""What kind of file is this? By its contents, for names lie."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import NamedTuple

from keras_residual.common.files import open_regular
from keras_residual.files.errors import (
    BUILD,
    DAMAGED,
    FolderError,
    MissingFileError,
    RefusedError,
    UnreadableError,
)

SAVE = 'model.save("model.keras") with Keras 3, and the path of that file'

HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK"
# (where, the bytes that stand there, what it is, what to write)
SIGNS = [
    (0, HDF5, "an HDF5 file: a whole model, or weights alone", SAVE),
    (4, b"TFL3", "a LiteRT (TensorFlow Lite) model", SAVE),
    (8, b'{"', "a safetensors file: weights without a model", BUILD),
    (0, b"\x80", "a Python pickle, which can hold any code", SAVE),
    (0, b"\x1f\x8b", "a gzip archive", "gunzip it first"),
    (257, b"ustar", "a tar archive", "tar -xf it first"),
    (0, b"\x93NUMPY", "a NumPy array", SAVE),
    (0, b"version https://git-lfs", "a Git LFS pointer", "git lfs pull"),
    (0, b"<", "a web page or XML", "the path of the file itself, not of its page"),
    (0, b"{", "a JSON file", SAVE),
    (0, b"\x08", "an ONNX model or another protocol buffer", SAVE),
]


class Wanted(NamedTuple):
    """What kind of file is asked for, and how one comes to it."""

    needed: str
    save: str


MODEL = Wanted(
    "A model file is a .keras file, as Keras 3 writes it, or an .h5 file.", SAVE
)


def is_hdf5(path: Path) -> bool:
    """Says whether a file is an HDF5 file, whatever its name ends in.

    Args:
        path: Where the file should be.

    Raises:
        MissingFileError: There is nothing there.
        FolderError: It is a folder.
        UnreadableError: It may not be read.
        RefusedError: It is no regular file.
    """
    return head_of(path).startswith(HDF5)


def check_kind(path: Path) -> None:
    """Refuses everything but a zip archive, whatever its name ends in.

    Args:
        path: Where the file should be.

    Raises:
        MissingFileError: There is nothing there.
        FolderError: It is a folder.
        UnreadableError: It may not be read.
        RefusedError: It is no regular file, or a file of another kind.
    """
    if not (head := head_of(path)).startswith(ZIP):
        raise _no_model(*_kind(head))


def head_of(path: Path, wanted: Wanted = MODEL) -> bytes:
    """Returns the first bytes of a file.

    Args:
        path: Where the file should be.
        wanted: What is asked for, in the words of the refusals.

    Raises:
        MissingFileError: There is nothing there.
        FolderError: It is a folder.
        UnreadableError: It may not be read.
        RefusedError: It is no regular file.
    """
    try:
        mode = path.stat().st_mode
    except PermissionError:
        raise _unreadable(path) from None
    except (OSError, ValueError):  # too long a name, a file in the way, a zero byte
        raise MissingFileError(
            "there is no such file.",
            given=f"{str(path)!r}, seen from {Path.cwd()}",
            needed=wanted.needed,
            write="the path of a file that exists",
        ) from None
    if stat.S_ISDIR(mode):
        raise _folder(path, wanted)
    if not stat.S_ISREG(mode):
        raise _no_model("a pipe, a socket or a device", wanted.save, wanted)
    try:
        with open_regular(path) as file:
            return file.read(512) or b""
    except PermissionError:
        raise _unreadable(path) from None
    except OSError as error:
        raise _no_model(str(error), wanted.save, wanted) from error


def _kind(head: bytes) -> tuple[str, str]:
    for where, sign, kind, write in SIGNS:
        if head[where:].startswith(sign):
            return kind, write
    if not head:
        return "an empty file", DAMAGED
    if all(byte in b"\t\n\r\f" or 32 <= byte < 127 for byte in head):
        return "a text file", SAVE
    return f"a file that begins with {head[:8]!r}", SAVE


def _no_model(kind: str, write: str, wanted: Wanted = MODEL) -> RefusedError:
    what = "it is no Keras model." if wanted is MODEL else "it is no file of weights."
    return RefusedError(what, given=kind, needed=wanted.needed, write=write)


def _folder(path: Path, wanted: Wanted) -> FolderError:
    if (path / "saved_model.pb").exists():
        kind, write = "a TensorFlow SavedModel", wanted.save
    elif (path / "model.keras").exists():
        kind, write = "a folder with a model in it", str(path / "model.keras")
    else:
        kind, write = "a folder", wanted.save
    return FolderError("it is a folder.", given=kind, needed=wanted.needed, write=write)


def _unreadable(path: Path) -> UnreadableError:
    return UnreadableError(
        "it may not be read.",
        given=repr(str(path)),
        needed="The user who runs this may read the file, and enter the folders above "
        "it.",
        write="chmod u+r, or the path of a file of your own",
    )
