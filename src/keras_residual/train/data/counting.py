"""Finds columns that number the rows: they say nothing, or give the label away."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

COUNTER = re.compile(
    r"unnamed(: ?\d+)?|level_\d|index|idx|ids?|uuid|guid|key|#|no\.?|nr\.?|number|"
    r"row|rows|row[ _]?(id|no|nr|num|number|index|names?)|.*[ _-]id|"
    r"(s|sl|serial)[ ._]?(no|nr)\.?",
    re.IGNORECASE,
)
CAMEL = re.compile(r".*[a-z](Id|ID)")  # PassengerId, but not acid
# What may be measured as well, unless it goes up by one.
TALLY = re.compile(
    r"samples?|obs|observations?|records?|cases?|entry|entries|instances?",
    re.IGNORECASE,
)
FEW = 10  # rows in which 0, 1, 2 is no counting


def is_counter(name: str, cells: NDArray) -> bool:
    """Whether a column is named as one that numbers the rows, and does so.

    Args:
        name: Its name.
        cells: Its cells.
    """
    if TALLY.fullmatch(name):
        return goes_up_by_one(cells)
    if not COUNTER.fullmatch(name) and not CAMEL.fullmatch(name):
        return False
    exact = cells.dtype.kind in "iuU" or bool((cells == np.round(cells)).all())
    return exact and len(cells) >= FEW and len(np.unique(cells)) == len(cells)


def goes_up_by_one(cells: NDArray) -> bool:
    """Whether cells are whole numbers, each one more than the last.

    Args:
        cells: A column.
    """
    return counts(cells) and cells[1] - cells[0] == 1 and cells[0] == round(cells[0])


def counts(cells: NDArray) -> bool:
    """Whether numbers go up, or down, by equal steps.

    Args:
        cells: A column.
    """
    if len(cells) < FEW or cells.dtype.kind not in "iuf":
        return False
    steps = np.diff(cells[:FEW].astype(np.float64))
    if not steps[0] or not np.allclose(steps, steps[0], rtol=1e-5, atol=0):
        return False
    steps = np.diff(cells.astype(np.float64))
    return bool(np.allclose(steps, steps[0], rtol=1e-5, atol=0))


def numbered(kinds: NDArray) -> bool:
    """Whether different labels are 0, 1, 2 or 1, 2, 3 and so on, without a gap.

    Args:
        kinds: Each label once, in order.
    """
    return bool(kinds[0] in (0, 1) and kinds[-1] - kinds[0] == len(kinds) - 1)


def counting_columns(values: NDArray) -> list[int]:
    """Returns the numbers of the columns that count the rows.

    Args:
        values: Rows of numbers.
    """
    return [at for at in range(values.shape[1]) if counts(values[:, at])]
