"""A place beside the target, in which a file becomes whole before it is seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from keras_residual.common.writing import flush, staging
from keras_residual.files.export.formats import refuse_place


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Gives a path to write to, and moves what was written there into place.

    After an exception nothing is left behind.

    Args:
        target: The new file or folder; what is written beside it moves along.

    Raises:
        ValueError: Meanwhile somebody else wrote there.
    """
    with staging(target.parent) as folder:
        yield folder / target.name
        for made in folder.rglob("*"):
            flush(made)
        refuse_place(target)
        with ExitStack() as back:
            # An .xml is behind its .bin: it never stands without its weights.
            for made in sorted(folder.iterdir()):
                place = target.with_name(made.name)
                os.replace(made, place)  # noqa: PTH105 - as writing.py
                back.callback(os.replace, place, made)
            flush(target.parent)
            back.pop_all()


def size_of(made: Path) -> int:
    """Returns the bytes of all that was written.

    Args:
        made: What `staged` gave.
    """
    return sum(f.stat().st_size for f in made.parent.rglob("*") if f.is_file())
