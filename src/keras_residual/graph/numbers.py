"""Tensors of any backend as numbers to calculate with."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def numbers(value: Any) -> NDArray[np.float64]:
    """Returns a tensor, a variable, an array or a number in double precision.

    Args:
        value: Of any dtype and any backend.
    """
    return np.asarray(array(value), "float64")


def array(value: Any) -> NDArray[Any]:
    """Returns a tensor, a variable, an array or a number as NumPy has it.

    Args:
        value: Of any dtype and any backend; bfloat16 becomes float32.
    """
    if not isinstance(value, (int, float, list, tuple, np.ndarray, np.generic)):
        if keras.backend.standardize_dtype(value.dtype) == "bfloat16":
            value = keras.ops.cast(value, "float32")  # NumPy has no such type
        value = keras.ops.convert_to_numpy(value)
    return np.asarray(value)
