"""What every kind of data becomes: sources of examples, and names of classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import counted, listed
from keras_residual.train.mistake import InputError

Kind = Literal["picture", "sequence", "volume", "table"]
Task = Literal["classification", "regression", "multilabel"]
SPLIT_SEED = 0  # one split for all seeds, so that runs are judged on the same examples


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

    def origin(self, number: int) -> int | Path:
        """Returns where an example was read: its file, or its place among all."""
        ...


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Examples that lie in memory.

    Args:
        values: One example after another.
        labels: What each is to be answered with, as `Source` says.
        rows: Where each example is among the values. In their order by default.
        places: Where each was read. In their order by default.
    """

    values: NDArray
    labels: NDArray
    rows: NDArray[np.int64] | None = None
    places: NDArray[np.int64] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.values.shape[1:]

    def batch(self, numbers: NDArray[np.int64]) -> NDArray:
        """Returns the examples with these numbers."""
        some = self.values[numbers if self.rows is None else self.rows[numbers]]
        return some if some.dtype == np.uint8 else np.asarray(some, np.float32)

    def take(self, numbers: NDArray[np.int64]) -> ArraySource:
        """Returns a source of these examples only; what is in a file stays there."""
        if isinstance(self.values, np.memmap):
            return ArraySource(self.values, self.labels[numbers], numbers, numbers)
        values = self.values[numbers]
        return ArraySource(values, self.labels[numbers], places=numbers)

    def origin(self, number: int) -> int:
        """Returns the place of an example among all that were read."""
        return number if self.places is None else int(self.places[number])


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
        terms: What has to be known to read new examples in the same way.
        earlier: The fingerprint as versions before took it; nothing where it is the
            same.
        row: Of a table: says where a row of the file stands, and what its cells hold.
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
    terms: dict[str, Any] = field(default_factory=dict)
    earlier: str = ""
    row: Callable[[int], tuple[str, dict[str, str]]] | None = None


def split(labels: NDArray, share: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Splits example numbers in two, each class in the same proportion.

    Args:
        labels: Class of each example; or a row of labels or targets, which are split
            without regard to their values.
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
    groups = labels if labels.ndim == 1 else np.zeros(len(labels), np.int32)
    held_out = []
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held_out.append(members[:count])
    chosen = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def check_classes(
    name: str, parts: list[NDArray[np.int32]], classes: tuple[str, ...], *, sure: bool
) -> None:
    """Refuses classes that nothing can be learned from.

    Args:
        name: What the data is called in the message.
        parts: Class of each example to learn from; and of each held out, if known.
        classes: Names of the classes.
        sure: Whether the user said that these are classes. Then one example of a class
            will do.

    Raises:
        InputError: Fewer than two classes, a class with too few examples, or one that
            only the test part has.
    """
    counts = np.bincount(parts[0], minlength=len(classes))
    found = f"{sum(map(len, parts))} examples of {np.count_nonzero(counts)} class"
    found += "" if np.count_nonzero(counts) == 1 else "es"
    if np.count_nonzero(counts) < 2:
        raise InputError(
            f"Data {name}: there is nothing to tell apart.",
            given=found,
            needed="A classifier needs examples of two classes or more.",
            write="--data with at least two classes; or --label with another column of "
            "a table",
        )
    if counts.max() < 2:
        raise InputError(
            f"Data {name}: every class has a single example.",
            given=found,
            needed="Some examples are held out, so a class needs two or more.",
            write="--data with more examples, or --label with the right column",
        )
    if not sure:
        _check_each_class(name, parts, classes, counts)


def _check_each_class(
    name: str, parts: list[NDArray[np.int32]], classes: tuple[str, ...], counts: NDArray
) -> None:
    alone = counts == 1 if len(parts) == 1 else counts == 0
    seen = np.bincount(np.concatenate(parts), minlength=len(classes)) > 0
    lone = [classes[at] for at in np.flatnonzero(alone & seen)]
    if lone:
        have = "one example" if len(parts) == 1 else "no example to learn from"
        raise InputError(
            f"Data {name}: a class has {have}.",
            given=f"{listed(lone)}; {counted(len(classes), 'class', 'classes')} in all",
            needed="Such a class is never learned or never judged; or the labels are "
            "no classes.",
            write="--task classification to go on all the same, --task regression, or "
            "the data without those classes",
        )


def largest_class(dataset: Dataset) -> float | None:
    """Returns the share of the largest class among the examples held out.

    Args:
        dataset: Labels of classes; any other task has no largest one.
    """
    if dataset.task != "classification":
        return None
    return float(np.bincount(dataset.test.labels).max() / len(dataset.test.labels))


BYTES = 16 << 20  # of values in a piece


def chunks(values: NDArray) -> Iterator[NDArray]:
    """Yields pieces along the first axis.

    Args:
        values: An array, in memory or mapped from a file.
    """
    step = max(1, BYTES // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        yield np.asarray(values[start : start + step])


def all_chunks(values: NDArray, holds: Callable[[NDArray], Any]) -> bool:
    """Whether something holds for every piece; stops at the first where it does not.

    Args:
        values: An array.
        holds: What is asked of a piece.
    """
    return all(bool(holds(piece)) for piece in chunks(values))
