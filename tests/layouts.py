"""What the backend runs here is asked of Keras's own layers, once."""

import functools

import keras
import numpy as np
import pytest


@functools.cache
def runs_first(name="Conv2D", dtype="float32"):
    """Says whether a channels-first convolution computes; `name` is its layer's."""
    layer = getattr(keras.layers, name)(1, 2, data_format="channels_first", dtype=dtype)
    try:
        layer(np.zeros((1, 1, *[3] * layer.rank), dtype))
    except Exception:  # each backend has its own
        return False
    return True


def need_first(name="Conv2D", dtype="float32"):
    """Skips a test whose channels-first convolutions the backend does not run here."""
    if not runs_first(name, dtype):
        backend = keras.backend.backend()
        pytest.skip(f"{backend}, as it was started here, has no channels-first {name}")
