"""A column of the table: what a batch adds to it, and what the sum then means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from keras_residual.measures.forward_pass import ForwardPass

Totals = NDArray[np.float64]
Sight = Callable[["ForwardPass"], Iterator[tuple[int, Any]]]


@dataclass(frozen=True)
class Column:
    """One measure of a unit.

    What batches add is summed, so data can be streamed, and the result does not depend
    on how it is cut into batches.

    Args:
        name: What it is called, in `columns=` and in files.
        title: What stands above it in print.
        sight: Shows one batch: the number of a unit, and what is seen of it.
        adds: Takes what is seen of a unit in one batch and returns numbers to sum up;
            None where the measure is not defined for the unit.
        finish: Takes the sum and returns the value.
        missing: Why there is no value where there is none.
        default: Whether it is measured if no columns are named.
        needs_labels: Whether it needs the loss, and so the labels.
    """

    name: str
    title: str
    sight: Sight
    adds: Callable[[Any], Totals | None]
    finish: Callable[[Totals], float]
    missing: str = "is not defined for this unit"
    default: bool = False
    needs_labels: bool = False


def quotient(totals: Totals) -> float:
    """Divides the first total by the second; no number where that is zero.

    Args:
        totals: Two numbers.
    """
    above, below = totals
    return float(above / below) if below else float("nan")
