"""The inputs that a person gives for a proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def read(file: Path | None, model: keras.Model) -> Any:
    """Returns arrays by the names of a model's inputs, or in order; None for no file.

    Args:
        file: A .npz file.
        model: What they are for.

    Raises:
        InputError: The file is damaged or holds Python objects.
    """
    if file is None:
        return None
    from keras_residual.train.data.npz import read_arrays

    arrays = read_arrays(file)
    named = {tensor.name for tensor in model.inputs} == set(arrays)
    return arrays if named else list(arrays.values())
