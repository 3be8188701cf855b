"""The history of a run: a row an epoch, a number a column."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ForeignError

Row = dict[str, float]


def row_of(logs: Mapping[str, Any] | None) -> Row:
    """Returns what was measured.

    A metric that is an array, such as the F1 score of each class, has a column for
    each of its numbers: `f1/0`, `f1/1`.

    Args:
        logs: What `fit` says of a step or an epoch.

    Examples:
        >>> row_of({"loss": 0.5, "f1": np.array([0.25, 1.0])})
        {'loss': 0.5, 'f1/0': 0.25, 'f1/1': 1.0}
    """
    row = {}
    for name, value in (logs or {}).items():
        numbers = np.asarray(keras.ops.convert_to_numpy(value), "float64")
        if numbers.ndim:
            row |= {f"{name}/{k}": float(one) for k, one in enumerate(numbers.flat)}
        else:
            row[name] = float(numbers)
    return row


def logs_of(row: Row) -> dict[str, Any]:
    """Returns what `fit` had said, arrays as they were counted.

    Args:
        row: What `row_of` made.

    Examples:
        >>> logs_of({"loss": 0.5, "f1/0": 0.25, "f1/1": 1.0})
        {'loss': 0.5, 'f1': array([0.25, 1.  ])}
    """
    logs: dict[str, Any] = {}
    for column, value in row.items():
        name, _, place = column.rpartition("/")
        if name and place.isdecimal():
            logs.setdefault(name, []).append(value)
        else:
            logs[column] = value
    return {k: np.array(v) if isinstance(v, list) else v for k, v in logs.items()}


def row_in_json(row: Row) -> dict[str, float | str]:
    """Returns a row as JSON holds it, where a metric of one's own may be no number.

    Args:
        row: What an epoch measured.
    """
    return {k: v if math.isfinite(v) else repr(v) for k, v in row.items()}


def rows_in(found: Any, epochs: int) -> list[Row]:
    """Returns the rows that JSON holds.

    Args:
        found: What it holds.
        epochs: How many they are.

    Raises:
        ForeignError: They are none, or not of these epochs.
    """
    if not isinstance(found, list) or len(found) != epochs:
        raise ForeignError(f"its history has not the rows of {epochs} epochs")
    rows = [row_in(row) for row in found]
    for number, row in enumerate(rows, 1):
        if row.get("epoch") != number:
            raise ForeignError(f"row {number} of its history is none")
    return rows


def row_in(row: Any) -> Row:
    """Returns a row that JSON holds.

    Args:
        row: What it holds.

    Raises:
        ForeignError: It is none.
    """
    if not isinstance(row, dict):
        raise ForeignError("a row of its history is none")
    for value in row.values():
        number = type(value) in (int, float) and abs(value) <= sys.float_info.max
        if not number and value not in ("nan", "inf", "-inf"):
            raise ForeignError("a row of its history holds no number")
    return {k: float(v) if isinstance(v, str) else v for k, v in row.items()}
