"""Labels as they come: what is no label is refused, what is a number becomes one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data.wording import listed, text
from keras_residual.train.mistake import InputError

# What programs write for "not known", in any case; and Python's None.
MISSING = frozenset(
    {"", "nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "nat", "?"}
)
DRESSED = re.compile(r"[+-]?[€$£¥]? ?(\d+|\d{1,3}([,.' ]\d{3})+)([.,]\d+)?( ?[%€$£¥])?")
Place = Callable[[int], str]


def is_missing(cells: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Finds the cells that say "not known".

    Args:
        cells: Words, stripped.
    """
    return np.isin(np.char.lower(cells), list(MISSING)) | (cells == "None")


def plain_labels(name: str, labels: NDArray[Any]) -> NDArray:
    """Returns labels as words or numbers, one a row or several columns of them.

    Args:
        name: What the data is called in messages.
        labels: Any array.

    Raises:
        InputError: They are neither words nor numbers, or have more than two axes.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind == "O" and all(isinstance(one, str) for one in labels.flat):
        labels = labels.astype(str)
    if labels.ndim > 1 and set(labels.shape[1:]) == {1}:
        labels = labels.reshape(len(labels))
    if labels.dtype.kind not in "biufU" or labels.ndim not in (1, 2):
        raise InputError(
            f"Data {name}: the labels are neither words nor numbers.",
            given=f"labels of shape {labels.shape}, {labels.dtype}",
            needed="A label is one word or number for each example, or a row of them.",
            write="y.astype(str) for words, y.astype('float32') for numbers",
        )
    return labels


def as_numbers(labels: NDArray) -> NDArray:
    """Turns words that are all numbers into numbers, so that 1 and 1.0 are one.

    Args:
        labels: Words or numbers.
    """
    if labels.dtype.kind != "U":
        return labels
    words = np.char.strip(labels)
    if is_missing(words).any():
        return words
    try:
        return words.astype(np.float64)
    except ValueError:
        return words


def refuse_missing(name: str, labels: NDArray, place: Place) -> None:
    """Refuses labels that say nothing.

    Args:
        name: What the data is called in messages.
        labels: Words or numbers.
        place: Says where the label of an example is.

    Raises:
        InputError: A label is missing or infinite; says how many are, and where.
    """
    if labels.dtype.kind == "U":
        bad = is_missing(labels)
    else:
        bad = ~np.isfinite(labels.astype(np.float64))
    rows = bad if bad.ndim == 1 else bad.any(axis=1)
    if not rows.any():
        return
    where = [place(int(row)) for row in np.flatnonzero(rows)[:5]]
    first = labels[bad][0]
    raise InputError(
        f"Data {name}: labels are missing.",
        given=f"{int(rows.sum())} of {len(labels)} examples, at {', '.join(where)}"
        f"{', ...' if rows.sum() > 5 else ''}; the first is {str(first)!r}",
        needed="Every example has a label. Empty, NaN, NA, null, None and ? are none.",
        write="the data without those examples, or with their labels",
    )


def in_other_dress(words: NDArray[np.str_]) -> bool:
    """Whether words are numbers with separators of thousands, units or signs.

    Args:
        words: Words, not all of which are numbers.
    """
    return all(DRESSED.fullmatch(word) for word in words.tolist())


def refuse_words(name: str, labels: NDArray[np.str_], task: str) -> None:
    """Refuses words where numbers are needed.

    Args:
        name: What the data is called in messages.
        labels: Words.
        task: What they were to be learned as.

    Raises:
        InputError: Always.
    """
    words = [one for one in np.unique(labels) if not _is_number(one)]
    raise InputError(
        f"Data {name}: the labels are words.",
        given=f"{task} of {listed(map(repr, map(text, words)))}",
        needed="Numbers are predicted from numbers; several labels are columns of 0 "
        "and 1.",
        write="--task classification with one label, or the labels as numbers",
    )


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
