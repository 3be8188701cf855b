"""What each task is trained for: its loss, its metrics, its labels; all Keras's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from keras_residual.train.data import Dataset, Source
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe
from keras_residual.train.scaling import Normaliser

LIKELY = 1e-30  # a logit above zero is a probability above a half; Keras wants > 0


class R2(keras.metrics.R2Score):
    """R² as a mean over the targets; of one that never varies, 1 where it is met."""

    def __init__(self, name: str) -> None:
        each: Any = None  # Keras's annotation forgets it
        super().__init__(class_aggregation=each, name=name)

    def result(self) -> Any:
        """Returns the score so far."""
        scores = super().result()
        return ops.mean(ops.where(ops.isnan(scores), 1.0, scores))


@dataclass(frozen=True, eq=False)
class _Relabelled:
    examples: Source
    labels: NDArray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.examples.shape

    def batch(self, numbers: NDArray[np.int64]) -> NDArray:
        return self.examples.batch(numbers)

    def origin(self, number: int) -> int | Path:
        return self.examples.origin(number)


def learnable(dataset: Dataset) -> Dataset:
    """Returns a dataset with its labels as the loss takes them.

    Targets are counted in their own deviations, so that one learning rate suits every
    unit; classes and labels stay as they are.

    Args:
        dataset: Labels in the data's own terms.
    """
    if dataset.task != "regression":
        return dataset
    scale = Normaliser.of_targets(dataset.train.labels)
    train, test = (
        _Relabelled(part, scale.normalize(part.labels))
        for part in (dataset.train, dataset.test)
    )
    return replace(dataset, train=train, test=test)


def loss(task: str) -> keras.losses.Loss:
    """Returns the loss of a task.

    Args:
        task: "classification", "regression" or "multilabel".
    """
    if task == "regression":
        return keras.losses.Huber()  # a target far off pulls no harder than one near
    if task == "multilabel":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def metrics(dataset: Dataset) -> list[keras.metrics.Metric]:
    """Returns the metrics of a task, named as the columns of the history.

    Args:
        dataset: Says the task; the units of targets are taken from it.
    """
    if dataset.task == "regression":
        deviation = Normaliser.of_targets(dataset.train.labels).deviation
        return [_mean("mae", _AbsoluteError(deviation)), R2(name="r2")]
    if dataset.task == "multilabel":
        return [_macro_f1(), _mean("exact", _all_right)]
    return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]


def kept(network: keras.Model, dataset: Dataset) -> keras.Model:
    """Returns the form in which a network is saved: it opens with Keras alone.

    It shares layers and optimizer with the network that trains, and answers in the
    data's own units.

    Args:
        network: A compiled network, as `make_network` returns it.
        dataset: Says the task, and the units of targets.
    """
    if dataset.task == "classification":
        return network
    outputs, metrics = network.outputs[0], [_macro_f1()]
    if dataset.task == "regression":
        outputs = Normaliser.of_targets(dataset.train.labels).raw(outputs)
        metrics = [keras.metrics.MeanAbsoluteError(name="mae")]
    file = keras.Model(network.input, outputs, name=network.name)
    file.compile(network.optimizer, loss(dataset.task), metrics=metrics)
    return file


def class_weights(recipe: Recipe, dataset: Dataset) -> NDArray[np.float32] | None:
    """Returns how much an example of each class counts in training.

    "balanced" lets every class count as much as any other: an example counts
    `n / (classes * n of its class)`, one on average.

    Args:
        recipe: Says whether classes are weighted.
        dataset: The examples to learn from.

    Raises:
        InputError: The task has no classes.
    """
    if recipe.class_weight is None:
        return None
    if dataset.task != "classification":
        raise InputError(
            f"Data {dataset.name}: there are no classes to weigh.",
            given=f"class_weight={recipe.class_weight!r}, a {dataset.task} task",
            needed="Classes are weighed where each example has one class.",
            write="no --class-weight, or --task classification",
        )
    counts = np.bincount(dataset.train.labels, minlength=len(dataset.classes))
    present = np.count_nonzero(counts)
    return (len(dataset.train.labels) / (present * np.maximum(counts, 1))).astype("f4")


class _AbsoluteError:
    def __init__(self, unit: NDArray[np.float64]) -> None:
        self.unit = unit.astype(np.float32)

    def __call__(self, labels: Any, answers: Any) -> Any:
        return ops.mean(ops.multiply(ops.abs(answers - labels), self.unit), axis=-1)


def _all_right(labels: Any, logits: Any) -> Any:
    right = ops.equal(ops.greater(logits, 0.0), ops.greater(labels, 0.5))
    return ops.cast(ops.all(right, axis=-1), "float32")


def _mean(name: str, of: object) -> keras.metrics.Metric:
    return keras.metrics.MeanMetricWrapper(of, name=name)


def _macro_f1() -> keras.metrics.Metric:
    return keras.metrics.F1Score("macro", threshold=LIKELY, name="f1")
