"""How well a network does on examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_residual.compose.layout import need_layout
from keras_residual.graph.agreement import called
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.functional import function_of
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.numbers import numbers
from keras_residual.measures.batches import Batch, batches
from keras_residual.measures.loss import Loss


def score(
    analysis: Analysis, data: tuple[Any, Any], loss: Loss, batch_size: int
) -> tuple[float, float | None]:
    """Returns the mean loss and the accuracy; None where the labels are no classes.

    Args:
        analysis: What was read of a model.
        data: Examples and labels.
        loss: The loss of all outputs.
        batch_size: Examples that run at once.
    """
    lost, counted, right = 0.0, 0.0, []
    for batch, outputs in _run(analysis, data, batch_size):
        values, shares = map(numbers, loss.of(batch.labels, outputs, batch.weights))
        lost, counted = lost + (values * shares).sum(), counted + shares.sum()
        right.append(_right(analysis.model, outputs, batch.labels))
    return float(lost / counted) if counted else 0.0, _share(right)


def accuracy(model: keras.Model, data: tuple[Any, Any]) -> float | None:
    """Returns the share of examples that are classified right; None if none can be.

    Args:
        model: A model. Of several outputs it is the mean of their shares.
        data: Examples and labels.
    """
    runs = _run(Analysis(model, opened=False), data, 64)
    return _share([_right(model, outputs, batch.labels) for batch, outputs in runs])


def _run(analysis: Analysis, data: Any, size: int) -> Iterator[tuple[Batch, Any]]:
    model, graph = analysis.model, analysis.graph
    need_layout(model, f'Model "{model.name}"')
    with without_gradients():
        for batch in batches(graph, data, size=size):
            yield batch, called(model, graph, batch.known)


def _share(right: list[np.ndarray | None]) -> float | None:
    known = [hits for hits in right if hits is not None]
    return float(np.concatenate(known, 1).mean()) if len(known) == len(right) else None


def _right(model: keras.Model, outputs: Any, labels: Any) -> np.ndarray | None:
    """Says for each output, and each example, whether the largest number is right."""
    if isinstance(labels, Mapping) and not isinstance(outputs, Mapping):
        names: Any = function_of(model).output_names  # type: ignore[attr-defined]
        labels = [labels.get(name) for name in names]
    pairs = _flat(outputs), _flat(labels)
    if len(pairs[0]) != len(pairs[1]):
        return None
    hits = [_hits(*map(_array, pair)) for pair in zip(*pairs, strict=True)]
    return None if any(one is None for one in hits) else np.array(hits)


def _flat(values: Any) -> list[Any]:
    return keras.tree.flatten(values)


def _array(value: Any) -> np.ndarray:
    return np.asarray(
        keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value
    )


def _hits(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    if predicted.ndim != 2 or predicted.shape[1] < 2:
        return None
    if labels.shape == predicted.shape:
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    whole = np.issubdtype(labels.dtype, np.integer)
    if not whole or len(labels) != len(predicted):
        return None
    return predicted.argmax(1) == labels
