"""Opens the files that people bring: regular ones only, and no more than was meant."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

from keras_residual.common.errors import ForeignError


def at_home(path: str | Path) -> Path:
    """Returns a path with the home folder for `~`, where there is such a home.

    Args:
        path: As a person writes it.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own raises


def open_regular(path: str | Path) -> io.FileIO:
    """Opens a file for reading; a pipe or a device is refused, not waited for.

    Args:
        path: The file; links are followed.

    Raises:
        OSError: It is missing, a folder, not ours to read, or no regular file.
    """
    return io.FileIO(open_handle(path))


def open_handle(path: str | Path) -> int:
    """Opens a file as `open_regular` does, for whoever wraps handles of their own.

    What is asked is the open file itself, so that nothing can take its place between
    the question and the reading.

    Args:
        path: The file.

    Raises:
        OSError: As in `open_regular`.
    """
    _must_be_regular(path, os.stat(path))  # noqa: PTH116 - to open a device may act
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _must_be_regular(path, os.fstat(handle))
        os.set_blocking(handle, True)
        return handle
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: str | Path, *, largest: int) -> bytes:
    """Reads a file whole, if it is not larger than files of its kind are.

    Args:
        path: The file.
        largest: How many bytes are read at most.

    Raises:
        OSError: As in `open_regular`.
        ForeignError: It holds more.
    """
    with open_regular(path) as file:
        # Not what the system says of its size: a file may grow meanwhile.
        parts, left = [], largest + 1
        while left and (part := file.read(min(left, 2**20))):
            parts.append(part)
            left -= len(part)
    if not left:
        raise ForeignError(f"more than {largest} bytes")
    return b"".join(parts)


def _must_be_regular(path: str | Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(f"{path} is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is a pipe, a socket or a device, not a file")
