"""Looks at large arrays a piece at a time, so that none is copied whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BYTES = 16 << 20  # of values in a piece


def chunks(values: NDArray) -> Iterator[NDArray]:
    """Yields pieces along the first axis.

    Args:
        values: An array, in memory or mapped from a file.
    """
    step = max(1, BYTES // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        yield np.asarray(values[start : start + step])


def all_chunks(values: NDArray, holds: Callable[[NDArray], Any]) -> bool:
    """Whether something holds for every piece; stops at the first where it does not.

    Args:
        values: An array.
        holds: What is asked of a piece.
    """
    return all(bool(holds(piece)) for piece in chunks(values))
