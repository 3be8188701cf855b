"""Finds the column that is to be learned; where another one may be meant, it asks."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import listed
from keras_residual.train.data.counting import numbered
from keras_residual.train.data.frame import Table
from keras_residual.train.data.header import LABELS
from keras_residual.train.mistake import InputError

FEW = 20  # different values of what could be a class


def find_labels(
    table: Table,
    asked: str | Sequence[str] | None = None,
    task: str | None = None,
) -> list[str]:
    """Returns the names of the columns to learn.

    Args:
        table: The table.
        asked: What the user says; names, or one text with commas between them. The
            last column by default, where no other looks more like a label.
        task: What is learned, if the user says it.

    Raises:
        InputError: A column is unknown, or another one may be meant.
    """
    if asked:
        return [_known(table, one) for one in _words(table, asked)]
    if asked is None and len(table.names) < 2:
        _refuse_narrow(table)
    last = table.names[-1]
    if last.lower() in LABELS:
        return [last]
    others = [name for name in table.names[:-1] if name.lower() in LABELS]
    if not others and task != "regression" and _leads(table):
        others = [table.names[0]]
    if others:
        raise InputError(
            f"Data {table.path}: it is not clear which column is the label.",
            given=f"the last column is {last!r}, and {listed(map(repr, others))} may "
            "be meant",
            needed="Without another word, the last column is the label.",
            write=f"--label {quote(others[0])}, or --label {quote(last)}",
        )
    return [last]


def _words(table: Table, asked: str | Sequence[str]) -> list[str]:
    several = [asked] if isinstance(asked, str) else [str(one) for one in asked]
    return [
        word.strip()
        for one in several
        for word in ([one] if one in table.names else one.split(","))
    ]


def _known(table: Table, word: str) -> str:
    numbered = f"column {word}"
    if not table.named and numbered in table.names:
        return numbered
    if word not in table.names:
        near = get_close_matches(word, table.names) or table.names[-1:]
        raise InputError(
            f"Data {table.path}: there is no such column.",
            given=f"label={word!r}",
            needed=f"Columns are {listed(table.names)}.",
            write=f"--label {quote(near[0])}",
        )
    return word


def _leads(table: Table) -> bool:
    """Whether the first column looks more like classes than the last one does."""
    first, last = table.cells[0], table.cells[-1]
    if not _could_be_class(first) or last.dtype.kind == "U":
        return False
    if _many(last):
        return True
    if first.dtype.kind == "U":  # the only words, in front of numbers
        return all(cells.dtype.kind != "U" for cells in table.cells[1:])
    # 0, 1, 2 in front of numbers with gaps, such as pixels
    return _counts_up(first) and not _counts_up(last) and len(np.unique(last)) != 2


def _counts_up(cells: NDArray) -> bool:
    kinds = np.unique(cells)
    return len(kinds) > 1 and numbered(kinds)


def _could_be_class(cells: NDArray) -> bool:
    kinds = len(np.unique(cells))
    return cells.dtype.kind in "iuUb" and kinds <= FEW and len(cells) >= 5 * kinds


def _many(cells: NDArray) -> bool:
    decimals = cells.dtype.kind == "f" and bool((cells != np.round(cells)).any())
    return decimals and len(np.unique(cells)) > min(FEW, len(cells) / 2)


def _refuse_narrow(table: Table) -> None:
    raise InputError(
        f"Data {table.path}: there is nothing beside the label.",
        given=f"columns {listed(map(repr, table.names)) or 'none'} are left",
        needed="A table holds features and a label. Columns that only number the rows "
        "are left out.",
        write="--data with the columns that were measured",
    )
