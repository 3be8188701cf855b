"""Labels of one's own: what task they are of, and how the loss takes them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.train.mistake import InputError

CLASSES = "classification"
COMPILE = "model.compile(optimizer, loss), with the loss that is meant"


def task_of_labels(labels: Any, answers: NDArray) -> str:
    """Says what is learned, where labels and answers leave no doubt.

    Args:
        labels: A batch of them.
        answers: What the model answers to that batch.

    Raises:
        InputError: They could mean several things.
    """
    truth = _column(_plain(labels), answers.shape)
    binary = bool(np.isin(truth, (0, 1)).all())
    if answers.ndim == 2 and answers.shape[1] > 1 and truth.dtype.kind in "iub":
        flat = truth.ndim == 1 or truth.shape[1:] == (1,)
        if flat and truth.min() >= 0 and truth.max() < answers.shape[1]:
            return "classification"
    if truth.dtype.kind == "f" and truth.shape == answers.shape and not binary:
        return "regression"
    raise InputError(
        "Data: the labels may mean several things.",
        given=f"labels of shape {truth.shape}, {truth.dtype}, and outputs of shape "
        f"{answers.shape}",
        needed="Whole numbers (n,) are classes, an output for each; floats of the "
        "shape of the outputs are targets.",
        write=_advice(truth, answers.shape, binary),
    )


def _advice(truth: NDArray, shape: tuple[int, ...], binary: bool) -> str:
    if truth.shape == shape:
        several = "Recipe(task='multilabel'), where each output is a label; " * binary
        one = "y.argmax(axis=-1), where one of them holds; " * (binary * shape[-1] > 1)
        return f"{several}{one}Recipe(task='regression') for numbers; or {COMPILE}"
    flat = truth.ndim == 1 or truth.shape[1:] == (1,)
    number = truth.dtype.kind in "biuf" and bool(np.isfinite(truth).all())
    if len(shape) == 2 and flat and number and (truth == np.round(truth)).all():
        least, most = int(truth.min()), int(truth.max())
        if least >= 0 and most < shape[1] > 1:
            return f"y.astype('int32') for classes; or {COMPILE}"
        return (
            f"labels from 0 to {shape[1] - 1}, as the model has {shape[1]} outputs and "
            f"these are from {least} to {most}; or {COMPILE}"
        )
    return COMPILE


def fitted(labels: Any, task: str, shape: tuple[int, ...]) -> Any:
    """Returns labels as loss and metrics of a task take them.

    Args:
        labels: A batch of them.
        task: What is learned.
        shape: The shape of what the model answers to one example.

    Raises:
        InputError: They do not fit the answers.
    """
    truth = _plain(labels)
    if task != "classification":
        truth = _column(truth, (len(truth), *shape))
        fits = truth.shape[1:] == shape
        zero_one = task != "multilabel" or bool(np.isin(truth, (0, 1)).all())
        if fits and zero_one and truth.dtype.kind in "biuf":
            return truth
        needed = f"Each of the {shape} outputs has a label" + (
            ", 0 or 1." if task == "multilabel" else ", a number."
        )
        _refuse_labels(truth, task, needed, COMPILE)
    truth = truth[:, 0] if truth.shape[1:] == (1,) else truth
    whole = truth.dtype.kind in "biuf" and (truth == np.round(truth)).all()
    if truth.ndim != len(shape) or not whole:
        _refuse_labels(truth, task, "A class is a whole number.", "y.astype('int32')")
    if truth.min(initial=0) < 0 or truth.max(initial=0) >= shape[-1]:
        needed = f"The model has {shape[-1]} outputs, for classes 0 to {shape[-1] - 1}."
        _refuse_labels(truth, task, needed, "a model with an output for each class")
    return truth.astype(np.int32)


def must_be_classes(labels: Any, outputs: int) -> Any:
    """Returns labels as they are, if each is the number of an output.

    Args:
        labels: A batch of them.
        outputs: How many outputs the model has.

    Raises:
        InputError: One is no whole number, or too large or small.
    """
    truth = _plain(labels)
    if truth.dtype.kind not in "biuf":
        return labels  # the loss says what it makes of them
    if not (truth == np.round(truth)).all():
        _refuse_labels(truth, CLASSES, "A class is a whole number.", COMPILE)
    if truth.min(initial=0) < 0 or truth.max(initial=0) >= outputs:
        needed = f"The model has {outputs} outputs, for classes 0 to {outputs - 1}."
        write = "a model with an output for each class"
        _refuse_labels(truth, CLASSES, needed, write)
    return labels


def _plain(labels: Any) -> NDArray:
    if isinstance(labels, dict | list | tuple):
        raise InputError(
            "Data: the labels are of several outputs.",
            given=f"labels in a {type(labels).__name__}",
            needed="The loss of one output follows from its labels.",
            write=COMPILE,
        )
    return np.asarray(keras.ops.convert_to_numpy(labels))


def _column(truth: NDArray, shape: tuple[int, ...]) -> NDArray:
    """Returns one number an example as the column that a model of one output has."""
    return truth[..., None] if truth.shape == shape[:-1] and shape[-1] == 1 else truth


def _refuse_labels(truth: NDArray, task: str, needed: str, write: str) -> None:
    number = truth.size and truth.dtype.kind in "biuf"
    values = f", from {truth.min()} to {truth.max()}" if number else ""
    raise InputError(
        "Data: the labels do not fit the model.",
        given=f"labels of shape {truth.shape}, {truth.dtype}{values}; task={task!r}",
        needed=needed,
        write=write,
    )
