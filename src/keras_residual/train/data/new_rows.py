"""Reads rows that a network has not seen, as those that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from numpy.typing import NDArray

from keras_residual.train.data.columns import to_numbers
from keras_residual.train.data.frame import Table, read_table
from keras_residual.train.data.header import is_number
from keras_residual.train.data.survey import Survey, survey
from keras_residual.train.data.terms import FEATURES, Column, Terms
from keras_residual.train.data.values import to_network
from keras_residual.train.data.wording import counted, listed
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
    if table.named and terms.named:
        _check_names(table, columns, used, say)
    else:
        table = _by_place(table, columns, say)
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


def _by_place(
    table: Table, columns: Sequence[Column], say: Callable[[str], None]
) -> Table:
    forms = (
        columns,
        [one for one in columns if one.kind != "label"],
        [one for one in columns if one.kind in FEATURES],
    )
    fits = [form for form in forms if len(form) == len(table.names)]
    if not fits:
        raise InputError(
            f"File {table.path}: the columns do not fit the network.",
            given=f"{counted(len(table.names), 'column')} without names that it knows",
            needed=f"The network was trained on {counted(len(forms[2]), 'feature')}: "
            f"{listed(repr(one.name) for one in forms[2])}.",
            write="a table with those names in its first line, in any order",
        )
    say(f"{table.path}: columns are taken by their place.")
    return replace(table, names=[one.name for one in fits[0]])
