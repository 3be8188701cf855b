"""How well a network does on examples."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual.build.layout import need_layout
from keras_residual.read.measures.loss import loss_of
from keras_residual.read.numbers import numbers

_SILENT: Any = 0  # Keras takes numbers, and says words


def score(
    model: keras.Model, data: tuple[Any, Any], loss: Any, batch_size: int
) -> tuple[float, float | None]:
    """Returns the mean loss and the accuracy; None where the labels are no classes.

    Args:
        model: A model of one output.
        data: Examples and labels.
        loss: As `measure` takes it.
        batch_size: Examples that run at once.
    """
    predicted = _predicted(model, data, batch_size)
    tensor = keras.ops.convert_to_tensor(predicted)
    values = loss_of(model, loss).of(data[1], tensor).values
    return float(numbers(values).mean()), _share(predicted, np.asarray(data[1]))


def accuracy(model: keras.Model, data: tuple[Any, Any]) -> float | None:
    """Returns the share of examples that are classified right; None if none can be.

    Args:
        model: A model of one output.
        data: Examples and labels.
    """
    return _share(_predicted(model, data, 64), np.asarray(data[1]))


def _predicted(model: keras.Model, data: tuple[Any, Any], batch: int) -> np.ndarray:
    need_layout(model, f'Model "{model.name}"')
    return np.asarray(model.predict(data[0], batch_size=batch, verbose=_SILENT))


def _share(predicted: np.ndarray, labels: np.ndarray) -> float | None:
    if predicted.ndim != 2 or predicted.shape[1] < 2:
        return None
    if labels.shape == predicted.shape:
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    whole = np.issubdtype(labels.dtype, np.integer)
    if not whole or len(labels) != len(predicted):
        return None
    return float((predicted.argmax(1) == labels).mean())
