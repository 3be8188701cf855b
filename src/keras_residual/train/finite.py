"""What a run does about numbers that are none: it stops, and saves none of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.mistake import RunError


class DivergedError(RunError, FloatingPointError):
    """Says that the loss is no number; `except FloatingPointError` catches it, too."""


def not_finite(arrays: Mapping[str, NDArray]) -> str | None:
    """Returns the name of the first array that holds NaN or infinity.

    Args:
        arrays: Arrays by their names.

    Examples:
        >>> not_finite({"kernel": np.ones(2), "variance": np.array([1.0, np.inf])})
        'variance'
    """
    for name, array in arrays.items():
        whole = array.dtype.kind in "biu"
        if not whole and not np.isfinite(array).all():
            return name
    return None


def diverged(place: str, found: str) -> DivergedError:
    """Returns the error of a run whose numbers are none.

    Args:
        place: The step or the epoch in which it was seen.
        found: What is not finite: a loss, a weight.
    """
    return DivergedError(
        "Training stopped: its numbers are not finite.",
        given=f"{found} in {place}",
        needed="The files hold what was last saved; nothing of this was.",
        write="--learning-rate with a smaller number, --out with a new folder",
    )
