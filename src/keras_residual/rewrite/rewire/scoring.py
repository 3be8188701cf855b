"""How well a network does on examples."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual.read.measures.loss import loss_by_example, loss_of
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
    examples, labels = data
    predicted = model.predict(examples, batch_size=batch_size, verbose=_SILENT)
    tensor = keras.ops.convert_to_tensor(predicted)
    values = loss_by_example(loss_of(model, loss), labels, [tensor])
    return float(numbers(values).mean()), _accuracy(
        np.asarray(predicted), np.asarray(labels)
    )


def _accuracy(predicted: np.ndarray, labels: np.ndarray) -> float | None:
    if predicted.ndim != 2 or predicted.shape[1] < 2:
        return None
    if labels.shape == predicted.shape:
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    whole = np.issubdtype(labels.dtype, np.integer)
    if not whole or len(labels) != len(predicted):
        return None
    return float((predicted.argmax(1) == labels).mean())
