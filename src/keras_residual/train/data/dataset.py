"""What every kind of data becomes: a training source, a test source, class names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.mistake import InputError

Kind = Literal["picture", "sequence", "volume", "table"]
Task = Literal["classification", "regression", "multilabel"]
SPLIT_SEED = 0  # one split for all seeds, so that runs are judged on the same examples
SAMPLE = 2_048  # examples that the mean and the variance are taken from


class Source(Protocol):
    """Examples that are read by their number, a batch at a time."""

    @property
    def labels(self) -> NDArray:
        """What each example is to be answered with, in the terms of the task.

        Classification: int32 `(n,)`, the number of the class. Multi-label: float32
        `(n, labels)`, 1 where a label holds. Regression: float32 `(n, targets)`, in the
        data's own units.
        """
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        ...

    def batch(self, numbers: NDArray[np.int64]) -> NDArray:
        """Returns the examples with these numbers, raw, in this order."""
        ...


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Examples that lie in memory.

    Args:
        values: One example after another.
        labels: What each is to be answered with, as `Source` says.
    """

    values: NDArray
    labels: NDArray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.values.shape[1:]

    def batch(self, numbers: NDArray[np.int64]) -> NDArray:
        """Returns the examples with these numbers."""
        return self.values[numbers]

    def take(self, numbers: NDArray[np.int64]) -> ArraySource:
        """Returns a source of these examples only."""
        return ArraySource(self.values[numbers], self.labels[numbers])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data that is ready to train on.

    Args:
        name: What it is called in a report.
        kind: "picture", "sequence", "volume" or "table".
        classes: Name of each class, label or target, in the order of the labels.
        train: The examples to learn from.
        test: The examples to be judged on.
        fingerprint: SHA-256 of what was read, so that a resumed run sees the same.
        augment: How training examples may be changed without changing their class.
        left_out: Paths of unreadable pictures that were skipped.
        task: What is learned: "classification", "regression" or "multilabel".
        reading: What was understood, left out and converted, a sentence each.
    """

    name: str
    kind: Kind
    classes: tuple[str, ...]
    train: Source
    test: Source
    fingerprint: str
    augment: str = "none"
    left_out: tuple[str, ...] = ()
    task: Task = "classification"
    reading: tuple[str, ...] = ()


def split(
    labels: NDArray[np.int32], share: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Splits example numbers in two, each class in the same proportion.

    Args:
        labels: Class of each example.
        share: Part of each class that is held out, rounded; at least one example of
            every class stays for training.

    Returns:
        The numbers to train on and the numbers held out, both ascending.

    Examples:
        >>> train, held_out = split(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25)
        >>> len(train), len(held_out)
        (6, 2)
    """
    rng = np.random.default_rng(SPLIT_SEED)
    held_out = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held_out.append(members[:count])
    chosen = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def check_classes(name: str, labels: NDArray[np.int32], classes: int) -> None:
    """Refuses labels that nothing can be learned from.

    Args:
        name: What the data is called in the message.
        labels: Class of each example.
        classes: Number of classes.

    Raises:
        InputError: Fewer than two classes, or fewer than two examples in every class.
    """
    if classes < 2:
        raise InputError(
            f"Data {name}: there is nothing to tell apart.",
            given=f"{len(labels)} examples of {classes} class",
            needed="A classifier needs examples of two classes or more.",
            write="--data with at least two classes",
        )
    if np.bincount(labels).max() < 2:
        raise InputError(
            f"Data {name}: every class has a single example.",
            given=f"{len(labels)} examples of {classes} classes",
            needed="Some examples are held out, so a class needs two or more.",
            write="--data with more examples, or --label with the right column",
        )


def moments(source: Source) -> tuple[list[float], list[float]]:
    """Returns mean and variance of each channel (or feature) of a source.

    Args:
        source: Examples; up to 2,048 evenly spaced ones are read.

    Returns:
        The means and the variances; a channel that never changes has variance 1.
    """
    count = len(source.labels)
    numbers = np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64))
    totals = np.zeros((2, source.shape[-1]))
    examples = 0
    for some in np.array_split(numbers, max(1, len(numbers) // 64)):
        values = source.batch(some).astype(np.float64).reshape(-1, source.shape[-1])
        totals += values.sum(0), np.square(values).sum(0)
        examples += len(values)
    mean, square = totals / examples
    variance = np.maximum(square - np.square(mean), 0.0)
    return mean.tolist(), np.where(variance > 1e-12, variance, 1.0).tolist()
