"""Labels of classes, in the forms that Keras's cross-entropies take."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.graph.numbers import array
from keras_residual.measures.batches import Batch
from keras_residual.measures.stream.head import Head

_ROUNDING = 1e-3


def labels_of(batch: Batch, head: Head, shape: tuple[int, ...]) -> Any:
    """Returns labels as probabilities of the classes, the classes last.

    Args:
        batch: Brings them, sparse or one-hot; of several outputs in a list or dict.
        head: The output that they are of.
        shape: What they have to have.

    Raises:
        ResidualError: They do not fit.
    """
    flat = keras.tree.flatten(batch.labels)
    given = array(flat[head.output if len(flat) > 1 else 0])
    classes, sparse = shape[-1], tuple(shape[:-1])
    if given.shape == (*sparse, 1):
        given = given[..., 0]
    if head.first and given.ndim == len(shape):
        given = np.moveaxis(given, 1, -1)
    if given.shape == tuple(shape) != sparse and _are_shares(given):
        return keras.ops.convert_to_tensor(given, dtype="float32")
    whole = given.shape == sparse and bool((given == np.floor(given)).all())
    if not whole or given.min() < 0 or given.max() >= classes:
        raise ResidualError(
            "Lens: the labels do not fit the output.",
            given=f"labels of shape {given.shape}"
            + (f" from {given.min():g} to {given.max():g}" if given.size else ""),
            needed=f"They are whole numbers from 0 to {classes - 1} of shape {sparse}, "
            f"or shares of shape {tuple(shape)}.",
            write="(x, y), with y as sparse_categorical_crossentropy takes it",
        )
    return keras.ops.one_hot(given.astype("int32"), classes, dtype="float32")


def _are_shares(given: np.ndarray) -> bool:
    """Says whether numbers can be probabilities; a row of padding may be of zeros."""
    if not given.size or given.dtype.kind == "b":
        return True
    return given.min() >= 0 and given.sum(-1).max() < 1 + _ROUNDING
