"""Reads rows that a network has not seen, as those that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import counted, listed, text
from keras_residual.train.data.columns import to_numbers
from keras_residual.train.data.counting import goes_up_by_one
from keras_residual.train.data.frame import Table, read_table
from keras_residual.train.data.header import is_number
from keras_residual.train.data.survey import Survey, survey
from keras_residual.train.data.terms import FEATURES, Column, Terms
from keras_residual.train.data.values import to_network
from keras_residual.train.mistake import InputError


def read_rows(path: Path, terms: Terms, say: Callable[[str], None]) -> NDArray:
    """Returns the features of a table's rows, matched by the columns' names.

    Args:
        path: A table with the columns of the training, in any order.
        terms: What the table of the training was.
        say: Called with what is ignored or guessed.

    Raises:
        InputError: A column is missing, or a cell is not what the column holds.
    """
    columns = terms.columns
    used = [one.name for one in columns if one.kind in FEATURES]
    table = _read(path, used)
    if not len(table.cells[0]):
        raise InputError(
            f"File {path}: there is nothing to predict.",
            given=f"columns {listed(map(repr, table.names))}, and no row below them",
            needed="A row holds the features of an example.",
            write="a table with a row for each example",
        )
    if table.named and terms.named:
        _check_names(table, columns, used, say)
    else:
        table = _by_place(table, terms, say)
    values, notes = to_numbers(table, columns)
    for note in notes:
        say(f"{path}: {note}.")
    return to_network(str(path), values)


def _read(path: Path, used: list[str]) -> Table:
    if path.suffix.lower() == ".parquet":
        return read_table(path, None, None)
    found = survey(path, None)
    return read_table(path, _has_names(found, used), found.separator)


def _has_names(found: Survey, used: list[str]) -> bool:
    """Whether the first line holds names, of the training or of another table."""
    first = {cell.strip() for cell in found.first}
    words = {cell for cell in first if not is_number(cell)}
    return first.issuperset(used) or not words.isdisjoint(used) or first == words


def _check_names(
    table: Table,
    columns: Sequence[Column],
    used: list[str],
    say: Callable[[str], None],
) -> None:
    missing = [name for name in used if name not in table.names]
    if missing:
        raise InputError(
            f"File {table.path}: columns are missing.",
            given=f"columns {listed(map(repr, table.names))}",
            needed=f"The network was trained on {listed(map(repr, used))}; "
            f"{listed(map(repr, missing))} {'is' if len(missing) == 1 else 'are'} not "
            "there.",
            write="a table with those names in its first line, in any order",
        )
    known = {column.name for column in columns}
    extra = [name for name in table.names if name not in known]
    if extra:
        say(f"{table.path}: ignored, as not in training: {listed(map(repr, extra))}.")


def _by_place(table: Table, terms: Terms, say: Callable[[str], None]) -> Table:
    columns = terms.columns
    forms = (
        columns,
        [one for one in columns if one.kind != "label"],
        [one for one in columns if one.kind != "left out"],
        [one for one in columns if one.kind in FEATURES],
    )
    names = {
        tuple(one.name for one in form): form
        for form in forms
        if len(form) == len(table.names) and _may_be(table, form, terms.classes)
    }
    if len(names) != 1:
        known = [repr(one.name) for one in forms[-1]]
        raise InputError(
            f"File {table.path}: the columns do not fit the network.",
            given=f"{counted(len(table.names), 'column')} without names that it knows",
            needed=f"The network was trained on {counted(len(known), 'feature')}: "
            f"{listed(known)}. Which column is which cannot be told.",
            write="a table with those names in its first line, in any order",
        )
    say(f"{table.path}: columns are taken by their place.")
    return replace(table, names=list(next(iter(names))))


def _may_be(table: Table, form: Sequence[Column], classes: Sequence[str]) -> bool:
    """Whether labels are those of the training, and no feature numbers the rows."""
    if form[0].kind in FEATURES and goes_up_by_one(table.cells[0]):
        return False
    return not classes or all(
        text(cell) in classes
        for column, cells in zip(form, table.cells, strict=True)
        if column.kind == "label"
        for cell in np.unique(cells)
    )
