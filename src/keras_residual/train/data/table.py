"""Rows of a table: which column is the label, which one only counts, and the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import listed, text
from keras_residual.train.data.arrays import assemble
from keras_residual.train.data.columns import learn_columns, to_numbers
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.data.frame import Table, read_table
from keras_residual.train.data.header import LABELS
from keras_residual.train.data.labels import Labels, read_labels
from keras_residual.train.data.layout import Layout
from keras_residual.train.data.leaks import few
from keras_residual.train.data.raw_labels import is_empty
from keras_residual.train.data.reading import (
    goes_up_by_one,
    is_counter,
    marker_notes,
    numbered,
)
from keras_residual.train.data.remarks import (
    is_split,
    of_columns,
    twin_targets,
    twins,
)
from keras_residual.train.data.survey import refuse_small
from keras_residual.train.data.terms import FEATURES, Column
from keras_residual.train.data.values import refuse_flat, to_network
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe


def load(path: Path, recipe: Recipe) -> Dataset:
    """Reads features and labels from the rows of a table.

    Args:
        path: The file.
        recipe: Header, separator, label, task, and the share held out.

    Raises:
        InputError: It is no table, or a column is unknown, incomplete or unclear.
    """
    table = read_table(path, recipe.header, recipe.separator)
    if len(table.names) < 2 or len(table.cells[0]) < 2:
        refuse_small(path, len(table.cells[0]), len(table.names))
    asked = _find_labels(table, recipe.label) if recipe.label else []
    counters = [
        name for name in table.names if name not in asked and _only_counts(table, name)
    ]
    kept = table.without(counters)
    labels = asked or _find_labels(kept, task=recipe.task)
    found = _read_labels(kept, labels, recipe.task)
    columns = _learn(kept.without(labels))
    values, _ = to_numbers(table, columns)
    numbers = to_network(path.name, values)
    refuse_flat(path.name, values, _names(columns))
    last = "" if asked else ", the last column"
    last += " that is left" * (not asked and labels[-1] != table.names[-1])
    said = f"the label is {listed(map(repr, labels))}{last}"
    notes = (said, *table.notes, *found.notes, *of_columns(table, columns, counters))
    notes += _doubts(table, labels, columns, values, found.task)
    dataset = assemble(
        path.name,
        [numbers],
        replace(found, notes=notes),
        Layout("table"),
        recipe.validation,
    )
    terms = _terms(table, labels, columns)
    return replace(dataset, terms=terms, row=partial(_row, table, labels))


def _doubts(
    table: Table, labels: list[str], columns: list[Column], values: NDArray, task: str
) -> tuple[str, ...]:
    """Says which features may be the label, or hold what stands for "not known"."""
    names = list(map(repr, _names(columns)))
    doubts: tuple[str, ...] = ()
    if task == "classification":
        doubts = few(twins(table, labels, columns))
    elif task == "regression":
        doubts = few(twin_targets(table, labels, values, names))
    return doubts + few(marker_notes(values, names))


def _row(table: Table, labels: list[str], number: int) -> tuple[str, dict[str, str]]:
    """Says where a row stands, and what its cells beside the labels hold."""
    names = [name for name in table.names if name not in labels]
    cells = {name: text(table.column(name)[number]) for name in names}
    return table.place(number), cells


def _read_labels(table: Table, labels: list[str], task: str | None) -> Labels:
    cells = [table.column(name) for name in labels]
    found = read_labels(
        table.path.name,
        [np.stack(cells, axis=1) if len(cells) > 1 else cells[0]],
        task=task,
        names=tuple(labels) if len(labels) > 1 else (),
        place=table.place,
    )
    one = found.task != "classification"
    return replace(found, names=tuple(labels)) if one else found


def _terms(table: Table, labels: list[str], columns: list[Column]) -> dict[str, Any]:
    """Returns what has to be known to read new rows: each column, in its place."""
    read = {column.name: column for column in columns}
    read |= {name: Column(name, "label") for name in labels}
    all_of_them = [read.get(name, Column(name, "left out")) for name in table.names]
    return {"named": table.named, "columns": [vars(one).copy() for one in all_of_them]}


def _only_counts(table: Table, name: str) -> bool:
    """Whether a column numbers or splits the rows, or holds nothing at all."""
    cells = table.column(name)
    unnamed = re.fullmatch(r"column \d+", name) is not None
    if is_empty(cells):
        return unnamed
    if is_split(name, cells):
        return True
    first = table.names[0] == name
    whole = cells.dtype.kind in "iu" or goes_up_by_one(cells)
    if unnamed and table.named:
        return (first and whole) or len(np.unique(cells)) == len(cells)
    if unnamed:
        return first and goes_up_by_one(cells)
    return is_counter(name, cells)


def _learn(table: Table) -> list[Column]:
    """Decides how each column is read; one that never changes is left out."""
    columns = [
        replace(column, kind="left out")
        if (table.column(column.name) == table.column(column.name)[0]).all()
        else column
        for column in learn_columns(table, table.names)
    ]
    if all(column.kind == "left out" for column in columns):
        raise InputError(
            f"Data {table.path}: no feature is left to learn from.",
            given=f"{listed(repr(one.name) for one in columns) or 'no column'} beside "
            "the label, and none of them changes",
            needed="A table holds features that differ between rows. Columns that only "
            "number the rows are none.",
            write="--data with the columns that were measured",
        )
    return columns


def _names(columns: list[Column]) -> list[str]:
    """Names the column that each feature is of; one of words makes several."""
    used = [one for one in columns if one.kind in FEATURES]
    return [one.name for one in used for _ in one.words or [""]]


_FEW = 20  # different values of what could be a class


def _find_labels(
    table: Table,
    asked: str | Sequence[str] | None = None,
    task: str | None = None,
) -> list[str]:
    """Returns the names of the columns to learn."""
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
    return cells.dtype.kind in "iuUb" and kinds <= _FEW and len(cells) >= 5 * kinds


def _many(cells: NDArray) -> bool:
    decimals = cells.dtype.kind == "f" and bool((cells != np.round(cells)).any())
    return decimals and len(np.unique(cells)) > min(_FEW, len(cells) / 2)


def _refuse_narrow(table: Table) -> None:
    raise InputError(
        f"Data {table.path}: there is nothing beside the label.",
        given=f"columns {listed(map(repr, table.names)) or 'none'} are left",
        needed="A table holds features and a label. Columns that only number the rows "
        "are left out.",
        write="--data with the columns that were measured",
    )
