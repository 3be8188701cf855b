"""The loss of each example of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

Loss = Callable[[Any, Any], Any]


def loss_of(model: keras.Model, loss: Any) -> Loss:
    """Returns the loss that was asked for, or else the one the model is compiled with.

    Args:
        model: What is measured.
        loss: A name, a function or a `keras.losses.Loss`; None for the model's.

    Returns:
        A function of labels and predictions.

    Raises:
        ValueError: None was given and the model has none, or it has several.
    """
    if loss is None:
        loss = getattr(model, "loss", None)
    if isinstance(loss, list | tuple) and len(loss) == 1:
        loss = loss[0]
    if loss is None or isinstance(loss, list | tuple | dict):
        given = "none, and the model is not compiled" if loss is None else f"{loss!r}"
        raise ValueError(
            f'Measure "{model.name}": the loss is not known.\n  given  {given}\n'
            "Gradients and lesions are those of a loss. A name such as "
            '"sparse_categorical_crossentropy" takes probabilities.\n'
            "Write:   "
            "loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
        )
    found: Any = keras.losses.get(loss)
    return found.call if isinstance(found, keras.losses.Loss) else found


def loss_by_example(loss: Loss, labels: Any, outputs: list[Any]) -> Any:
    """Returns the loss of each example; over positions the mean is taken.

    Masks and sample weights are not applied.

    Args:
        loss: A function of labels and predictions.
        labels: As they came with the data.
        outputs: Of the model.

    Raises:
        ValueError: The model has several outputs, or the loss has no value for each
            example.
    """
    if len(outputs) > 1:
        raise ValueError(
            "Measure: a loss is of one output.\n"
            f"  given  a model with {len(outputs)} outputs\n"
            "Gradients and lesions are measured on a model of one output.\n"
            "Write:   measure(keras.Model(model.inputs, model.outputs[0]), ...)"
        )
    (predicted,) = outputs
    values: Any = loss(_like(labels, predicted), predicted)
    shape = tuple(values.shape)
    if shape[:1] != (predicted.shape[0],):
        raise ValueError(
            "Measure: the loss gives no value for each example.\n"
            f"  given  {predicted.shape[0]} examples, a loss of shape {shape}\n"
            "The loss of an example is what is averaged, so it must not be averaged "
            "before.\n"
            "Write:   a loss whose result has the batch as its first axis"
        )
    return keras.ops.mean(keras.ops.reshape(values, (shape[0], -1)), axis=1)


def _like(labels: Any, predicted: Any) -> Any:
    """Gives labels that are no whole numbers the precision of the predictions."""
    labels = keras.ops.convert_to_tensor(labels)
    if "float" not in keras.backend.standardize_dtype(labels.dtype):
        return labels
    return keras.ops.cast(labels, keras.backend.standardize_dtype(predicted.dtype))
