"""Finds what gives the answer away: features that are the label, classes by files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import counted, listed

MOST = 10  # sentences of one kind
_ROWS = 1000  # that are looked at first, as arrays may be large
_CLEAR = 0.95  # of the pictures whose class their form tells
_GAIN = 0.1  # over the share of the largest class


def few(notes: Iterable[str]) -> tuple[str, ...]:
    """Returns the first of some sentences, and says how many more there are.

    Args:
        notes: Sentences of one kind, one a column.
    """
    every = list(notes)
    more = len(every) - MOST
    if more < 1:
        return tuple(every)
    return (*every[:MOST], f"the like holds of {counted(more, 'more column')}")


def is_twin(cells: NDArray, truth: NDArray) -> bool:
    """Whether a column has a value of its own for each class, and no other value.

    Args:
        cells: A column.
        truth: The class of each row, a number.
    """
    some = _spread(len(truth))
    first = cells[some]
    if len(np.unique(first)) != len(np.unique(truth[some])):
        return False
    kinds, places = np.unique(cells, return_inverse=True)
    pairs = len(set(zip(truth.tolist(), places.tolist(), strict=True)))
    return len(kinds) == pairs == len(np.unique(truth))


def straight(values: NDArray, target: NDArray) -> list[int]:
    """Returns the numbers of the columns from which a straight line leads to a target.

    Args:
        values: Rows of features.
        target: A number a row.
    """
    if len(np.unique(target)) < 3:
        return []
    rounding = 1e-7 * np.abs(target).max() / target.std(dtype=np.float64)  # float32's
    least = 1 - 1e-9 - min(rounding**2, 1e-6)
    some = _spread(len(target))
    near = np.flatnonzero(_correlation(values[some], target[some]) > least)
    return near[_correlation(values[:, near], target) > least].tolist()


def of_array(values: NDArray, labels: NDArray, task: str) -> Iterator[str]:
    """Says which columns of an array are the label or a target.

    Args:
        values: Rows of features.
        labels: What is learned of each row.
        task: How it is learned.
    """
    found: list[int] = []
    if task == "classification":
        found = [at for at, one in enumerate(values.T) if is_twin(one, labels)]
    if task == "regression":
        targets = labels.reshape(len(labels), -1).T
        found = sorted({at for one in targets for at in straight(values, one)})
    for at in found:
        yield (
            f"column {at} tells the label by itself: remove it from x if it is the "
            "label, or the target in another unit"
        )


def of_pictures(
    labels: NDArray, forms: Mapping[str, Sequence[Hashable]], digests: Sequence[bytes]
) -> Iterator[str]:
    """Says where the form of the files tells the class, and where classes share files.

    Args:
        labels: The class of each picture.
        forms: What is known of each picture but for its pixels, by what it is called.
        digests: A hash of the pixels of each.
    """
    for called, values in forms.items():
        groups = _groups(values, labels)
        right = sum(int(np.bincount(group).max()) for group in groups.values())
        share = right / len(labels)
        chance = np.bincount(labels).max() / len(labels)
        if 1 < len(groups) <= len(labels) / 3 and share >= max(_CLEAR, chance + _GAIN):
            yield (
                f"the {called} tells the class of {share:.0%} of the pictures, such as "
                f"{listed(groups, 3)}: a network may learn it instead of what they show"
            )
    classes = _groups(digests, labels).values()
    torn = sum(len(one) for one in classes if any(a != b for a, b in pairwise(one)))
    if torn:
        yield f"{torn:,} pictures have the same pixels as one of another class"


def _groups(values: Sequence[Hashable], labels: NDArray) -> dict[Hashable, list[int]]:
    groups = defaultdict(list)
    for value, label in zip(values, labels.tolist(), strict=True):
        groups[value].append(label)
    return groups


def _spread(count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, _ROWS)).astype(np.int64))


def _correlation(values: NDArray, target: NDArray) -> NDArray[np.float64]:
    """Returns how near Pearson's correlation of each column with a target is to ±1."""
    apart = np.asarray(values, np.float64) - values.mean(axis=0, dtype=np.float64)
    beside = np.asarray(target, np.float64) - target.mean(dtype=np.float64)
    sizes = np.sqrt((apart**2).sum(axis=0) * (beside**2).sum())
    zero = np.zeros(len(sizes))
    return np.abs(np.divide(beside @ apart, sizes, out=zero, where=sizes > 0))
