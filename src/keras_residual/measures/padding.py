"""What stands in padding is no data: a mask says which positions count."""

from __future__ import annotations

from typing import Any, TypeGuard

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.compose.graph import mask as mask_of
from keras_residual.graph.numbers import array

Counts = NDArray[np.bool_] | None
"""Which positions count, the examples first; None where all do."""


def counts_of(value: Any) -> Counts:
    """Returns which positions of a tensor count.

    Args:
        value: A tensor, which may carry a mask.
    """
    mask = mask_of(value)
    return None if mask is None else array(mask).astype(bool)


def where(counts: Counts, value: Any, other: Any) -> Any:
    """Returns a tensor, and of another what does not count.

    Args:
        counts: Which positions count.
        value: Of positions; one of others is returned as it is.
        other: Of the same shape.
    """
    if not _stands(counts, value):
        return value
    return keras.ops.where(_spread(counts, value), value, other)


def zeroed(values: NDArray[Any], counts: Counts) -> NDArray[Any]:
    """Sets to zero what does not count.

    Args:
        values: Of positions; of others they are left as they are.
        counts: Which of them count.

    Examples:
        >>> zeroed(np.ones((1, 2, 2)), np.array([[True, False]])).tolist()
        [[[1.0, 1.0], [0.0, 0.0]]]
    """
    if not _stands(counts, values):
        return values
    return np.where(_spread(counts, values), values, 0.0)


def without_padding(values: NDArray[Any], counts: Counts) -> NDArray[Any]:
    """Returns the values of the positions that count, in a row each.

    Args:
        values: Of positions; others are returned as they are.
        counts: Which of them count.

    Examples:
        >>> without_padding(np.ones((1, 2, 3)), np.array([[True, False]])).shape
        (1, 3)
    """
    return values[counts] if _stands(counts, values) else values


def _stands(counts: Counts, values: Any) -> TypeGuard[NDArray[np.bool_]]:
    """Says whether values stand at the positions that a mask is of."""
    return counts is not None and tuple(values.shape[: counts.ndim]) == counts.shape


def _spread(counts: NDArray[np.bool_], values: Any) -> NDArray[np.bool_]:
    return counts.reshape(counts.shape + (1,) * (len(values.shape) - counts.ndim))
