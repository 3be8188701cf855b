"""What is said of the columns of a table: converted, left out, or doubtful."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import listed
from keras_residual.train.data.frame import Table
from keras_residual.train.data.leaks import few, is_twin, straight
from keras_residual.train.data.raw_labels import doubts, is_empty
from keras_residual.train.data.reading import counts
from keras_residual.train.data.splits import is_part
from keras_residual.train.data.terms import FEATURES, Column

_SPLIT = re.compile(
    r"(cv|k)?[ _-]?(folds?|splits?|partitions?)([ _-]?(id|idx|no|nr|number|index))?|"
    r"(is|in)[ _-]?(train|training|test|testing|val|valid|validation|holdout)",
    re.IGNORECASE,
)
_PIECES = 20  # into which rows are split


def is_split(name: str, cells: NDArray) -> bool:
    """Whether a column says which rows are to learn from and which to be judged on.

    Args:
        name: Its name.
        cells: Its cells.
    """
    if cells.dtype.kind == "U":
        words = np.unique(cells).tolist() if is_part(str(cells[0])) else []
        return len(words) > 1 and all(map(is_part, words))
    named = _SPLIT.fullmatch(name) is not None
    return (
        named
        and 1 < len(kinds := np.unique(cells)) <= _PIECES
        and bool((kinds == np.round(kinds)).all())
    )


def twins(table: Table, labels: list[str], columns: list[Column]) -> Iterator[str]:
    """Says which features are the label under other names.

    Args:
        table: The table.
        labels: The column of classes; of several, nothing is said.
        columns: How each other column is read.
    """
    truth = np.unique(table.column(labels[0]), return_inverse=True)[1]
    for one in columns if len(labels) == 1 else []:
        if one.kind in FEATURES and is_twin(table.column(one.name), truth):
            yield (
                f"{one.name!r} tells each class from the others by itself: remove it "
                "from the file if it is the label under another name"
            )


def twin_targets(
    table: Table, labels: list[str], values: NDArray, names: Sequence[str]
) -> Iterator[str]:
    """Says which features are a target in another unit.

    Args:
        table: The table.
        labels: The columns of targets.
        values: The features, a row an example.
        names: What each feature is called.
    """
    for label in labels:
        target = np.asarray(table.column(label), np.float64)
        for at in straight(values, target):
            yield (
                f"{names[at]} tells {label!r} by itself, as a straight line does: "
                "remove it from the file if it is the target in another unit"
            )


def of_columns(
    table: Table, columns: Sequence[Column], unread: list[str]
) -> tuple[str, ...]:
    """Says what is converted, left out, and kept though it may say nothing.

    Args:
        table: The table.
        columns: How each column beside the label is read.
        unread: Columns that number or split the rows, or are empty.
    """
    notes = [*few(_converted(columns)), *few(_spelling(columns))]
    reasons = [(_reason(name, table.column(name)), name) for name in unread]
    reasons += [("it never changes", one.name) for one in columns if not _used(one)]
    for reason in dict.fromkeys(said for said, _ in reasons):
        names = listed(repr(name) for said, name in reasons if said == reason)
        notes.append(f"left out, as {reason}: {names}")
    if any(reason == _SPLITS for reason, _ in reasons):
        notes.append("the examples held out are drawn from all rows")
    notes += few(
        f"{one.name!r} counts the rows and is a feature all the same: remove it from "
        "the file if it says nothing"
        for one in columns
        if one.kind == "number" and counts(table.column(one.name))
    )
    return tuple(notes)


_SPLITS = "it says which part of a split a row belongs to"


def _reason(name: str, cells: NDArray) -> str:
    if is_empty(cells):
        return "it is empty"
    return _SPLITS if is_split(name, cells) else "it only numbers the rows"


def _used(column: Column) -> bool:
    return column.kind != "left out"


def _converted(columns: Sequence[Column]) -> Iterator[str]:
    groups = defaultdict(list)
    for one in columns:
        if one.kind in ("words", "date"):
            groups[one.words, one.start].append(one)
    for group in groups.values():
        alone, several = group[0].conversion()
        names = listed(repr(one.name) for one in group)
        yield f"{names} {alone if len(group) == 1 else several}"


def _spelling(columns: Sequence[Column]) -> Iterator[str]:
    for one in columns:
        for doubt in doubts(one.words, "word", "words"):
            yield f"{one.name!r}: {doubt}"
