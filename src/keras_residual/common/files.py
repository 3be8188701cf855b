"""Files: those that people bring are regular ones, and ours are written whole."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keras_residual.common.errors import ForeignError, ResidualError


def at_home(path: str | os.PathLike[str]) -> Path:
    """Returns a path with the home folder for `~`, where there is such a home.

    Args:
        path: As a person writes it.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own raises


def in_folder(path: str | os.PathLike[str], call: str) -> Path:
    """Returns where a file is to be written, in a folder that is there.

    Args:
        path: As a person writes it.
        call: What writes it, with `{}` for the path: `"draw(model, {})"`.

    Raises:
        ResidualError: There is no such folder, or it is a folder itself.

    Examples:
        >>> in_folder("model.svg", "draw(model, {})").name
        'model.svg'
    """
    place = at_home(path)
    if place.suffix and place.is_dir():
        raise ResidualError(
            f"{call.partition('(')[0]}: there is a folder of this name.",
            given=f"path={str(path)!r}",
            needed="What is written is a file.",
            write=call.format(f'"{place / ("new" + place.suffix)}"'),
            option=f"--out {place / ('new' + place.suffix)}",
        )
    if not place.parent.is_dir():
        raise ResidualError(
            f"{call.partition('(')[0]}: there is no such folder.",
            given=f"path={str(path)!r}",
            needed="A file is written into a folder that is there.",
            write=call.format(f'"{place.name}"'),
            option=f"--out {place.name}",
        )
    return place


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


def digest_of(path: str | Path) -> str:
    """Returns the SHA-256 of a file.

    Args:
        path: The file.

    Raises:
        OSError: As in `open_regular`.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _must_be_regular(path: str | Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(f"{path} is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is a pipe, a socket or a device, not a file")


PARTIAL = ".partial-"
_LOCKS: set[int] = set()


def _leave_locks() -> None:
    """Closes in a child what would hold its parent's locks when that is killed."""
    for lock in _LOCKS:
        os.close(lock)
    _LOCKS.clear()


os.register_at_fork(after_in_child=_leave_locks)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a file to write to, and puts it in place once it is on the disk.

    A kill at any moment leaves the old file or the new one, never a part.

    Args:
        path: The file to replace.
    """
    with staging(path.parent) as place:
        partial = place / path.name
        yield partial
        flush(partial)
        os.replace(partial, path)  # noqa: PTH105 - the name says what is meant
        flush(path.parent)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Gives a new folder inside another, for what is not whole yet.

    Nobody else may enter it, so nobody can plant a link there; and its name is used
    once, so two processes never meet in it. It is gone afterwards.

    Args:
        folder: Where it is made.
    """
    place, lock = _made_and_locked(folder)
    try:
        yield place
    finally:
        let_go(lock)
        shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Removes what killed processes left half-written, and nothing of living ones.

    Args:
        folder: Where `replacing` or `staging` wrote.
    """
    for left in folder.glob(PARTIAL + "*"):
        with suppress(OSError):
            if left.is_symlink() or not left.is_dir():
                left.unlink()
            else:
                _remove_if_left(left)


def locked(folder: Path) -> int:
    """Locks a folder until the handle is closed, or this process ends in any way.

    Args:
        folder: The folder; nothing is written to it.

    Returns:
        The handle.

    Raises:
        BlockingIOError: Somebody else holds it.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise
    except OSError:  # a file system without locks: nobody is kept off there
        pass
    _LOCKS.add(lock)
    return lock


def let_go(lock: int) -> None:
    """Ends a lock.

    Args:
        lock: What `locked` returned.
    """
    if lock in _LOCKS:
        _LOCKS.remove(lock)
        os.close(lock)


def _made_and_locked(folder: Path) -> tuple[Path, int]:
    """Makes a place and locks it; anew where a sweep came in between."""
    while True:
        place = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
        with suppress(FileNotFoundError):
            lock = os.open(place, os.O_RDONLY)
            with suppress(OSError):  # a file system without locks: nobody sweeps there
                fcntl.flock(lock, fcntl.LOCK_EX)  # until we close it, or are killed
            if place.is_dir():
                _LOCKS.add(lock)
                return place, lock
            os.close(lock)


def _remove_if_left(place: Path) -> None:
    lock = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(place, ignore_errors=True)
    finally:
        os.close(lock)


def append(path: Path, text: str) -> None:
    """Writes text at the end of a file, which is made where it is missing.

    Args:
        path: The file; a link in its place is refused, for it could lead anywhere.
        text: What is added.
    """
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(path, how, 0o666), "a", encoding="utf-8") as file:
        file.write(text)


def flush(path: Path) -> None:
    """Returns once a file, or the list of a folder's files, is on the disk.

    Args:
        path: The file or the folder.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
