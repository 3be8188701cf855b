"""Why a layer could not be traced, in words."""

from __future__ import annotations

import re

from keras_residual.graph.unfolding.nesting import ClosedError

_SIGNS = (
    ("cannot be used as input to a", "its call computes outside of Keras"),
    ("can't assign a KerasTensor", "its call computes outside of Keras"),
    ("'KerasTensor' object has no attribute", "its call computes outside of Keras"),
    ("must be tuple of ints", "its call needs sizes to be known"),
    ("as a boolean", "its call branches on values"),
    ("convert it to an int", "its call needs numbers to be known"),
    ("convert it to a float", "its call needs numbers to be known"),
    ("convert it to a NumPy array", "its call computes in NumPy"),
    ("Iterating over a symbolic KerasTensor", "its call loops over a tensor"),
    ("wrapped_fn", "its call hands a function to keras.ops"),
    ("NoneType", "its call needs sizes to be known"),
    ("got (None", "its call needs sizes to be known"),
    ("only be called from inside `build()` or `call()`, on a tensor", "it adds a loss"),
)


def why(reason: Exception) -> str:
    """Says in words why a layer could not be traced.

    Args:
        reason: What was raised.
    """
    if isinstance(reason, ClosedError):
        return str(reason)
    text = str(reason)
    for sign, words in _SIGNS:
        if sign in text:
            return words
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [one for one in lines if not one.startswith("Exception encountered")]
    first = next(iter(told), type(reason).__name__).replace("\x1b[1m", "")
    first = re.sub(r"(/[\w.-]+){2,}", "...", first)  # where a file lies is nobody's
    return f"it cannot be traced: {type(reason).__name__}: {first[:100]}"
