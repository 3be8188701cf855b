"""Looks at every picture before training, so that none stops the run half-way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data.pictures import look_at

Watch = Callable[[int, int], None]
CHUNK = 512  # pictures between two calls of `watch`
THREADS = 4


@dataclass
class Scan:
    """What a look at every picture found.

    Args:
        sizes: Longer side of each readable picture, in pixels.
        bad: Number of each unreadable picture, and its path with the reason.
        grey: Whether all readable pictures are grey.
    """

    sizes: list[int] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)
    grey: bool = True


def scan(paths: NDArray[np.str_], watch: Watch | None = None) -> Scan:
    """Decodes every picture once.

    Args:
        paths: The files.
        watch: Called with the number of pictures seen and their total.
    """
    found = Scan()
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(paths), CHUNK):
            some = paths[start : start + CHUNK].tolist()
            for number, seen in enumerate(pool.map(_look, some), start):
                _add(found, number, seen)
            if watch:
                watch(start + len(some), len(paths))
    return found


def _look(path: str) -> tuple[int, bool] | str:
    try:
        size, grey = look_at(path)
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises on damage
        reason = str(error).replace(f"'{path}'", "").strip() or type(error).__name__
        return f"{path}: {reason}"
    return max(size), grey


def _add(found: Scan, number: int, seen: tuple[int, bool] | str) -> None:
    if isinstance(seen, str):
        found.bad[number] = seen
        return
    found.sizes.append(seen[0])
    found.grey &= seen[1]
