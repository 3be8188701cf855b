"""The examples that commands look at a model with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def held_out(model: keras.Model, data: str, most: int) -> tuple[Any, Any]:
    """Reads examples that are spread evenly over the test part, and their labels.

    Args:
        model: Pictures are read in its size.
        data: As `keras-residual train` takes it.
        most: How many at most.
    """
    import numpy as np

    from keras_residual.train import Recipe
    from keras_residual.train.data import load

    size = None
    if Path(data).expanduser().is_dir():
        size = model.input_shape[1]  # the network's, not the pictures' median
    source = load(Recipe(data=data, image_size=size)).test
    count = len(source.labels)
    numbers = np.linspace(0, count - 1, min(count, most)).astype(np.int64)
    return source.batch(numbers), source.labels[numbers]
