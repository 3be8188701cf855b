"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial-"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a file to write to, and puts it in place once it is on the disk.

    A kill at any moment leaves the old file or the new one, never a part.

    Args:
        path: The file to replace.
    """
    partial = path.with_name(PARTIAL + path.name)
    try:
        yield partial
        flush(partial)
        os.replace(partial, path)  # noqa: PTH105 - the name says what is meant
        flush(path.parent)
    finally:
        partial.unlink(missing_ok=True)


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
