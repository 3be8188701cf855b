"""Columns of a table become numbers, and those of new rows as in the training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.extras import extra
from keras_residual.common.wording import counted, listed, text
from keras_residual.train.data.dates import as_dates, learn_date
from keras_residual.train.data.frame import Table, read_table
from keras_residual.train.data.header import is_number
from keras_residual.train.data.raw_labels import (
    have_unit,
    in_other_dress,
    is_missing,
    undressed,
)
from keras_residual.train.data.reading import goes_up_by_one
from keras_residual.train.data.survey import Survey, survey
from keras_residual.train.data.terms import FEATURES, Column, Terms
from keras_residual.train.data.values import refuse_rounded, to_network
from keras_residual.train.mistake import InputError

with extra("train", "Reading a table"):
    import pandas as pd

MOST = 64  # different words of a column that becomes one-hot


def learn_columns(table: Table, names: list[str]) -> list[Column]:
    """Decides how each column of features is read.

    Args:
        table: The table.
        names: Its columns of features.

    Raises:
        InputError: Cells are missing, are no numbers, or are text.
    """
    missing = {name: _missing(table.column(name)) for name in names}
    empty = [name for name in names if missing[name].all()]
    _refuse_missing(table, {n: m for n, m in missing.items() if n not in empty})
    return [
        Column(name, "left out") if name in empty else _learn(table, name)
        for name in names
    ]


def to_numbers(table: Table, columns: Sequence[Column]) -> tuple[NDArray, list[str]]:
    """Returns the features as numbers, and what is said of them.

    Args:
        table: A table with these columns.
        columns: How each is read.

    Raises:
        InputError: Cells are missing, or are no numbers or dates.
    """
    used = [one for one in columns if one.kind in FEATURES]
    _refuse_missing(table, {one.name: _missing(table.column(one.name)) for one in used})
    notes: list[str] = []
    parts = [_code(table, one, notes) for one in used]
    return np.concatenate(parts, axis=1), notes


def _missing(cells: NDArray) -> NDArray[np.bool_]:
    return is_missing(cells) if cells.dtype.kind == "U" else np.zeros(len(cells), bool)


def _refuse_missing(table: Table, missing: dict[str, NDArray[np.bool_]]) -> None:
    gaps = {name: cells for name, cells in missing.items() if cells.any()}
    if not gaps:
        return
    name, cells = next(iter(gaps.items()))
    rows = np.flatnonzero(cells)
    where = listed(map(table.place, rows.tolist()), 5)
    others = [f"{name!r} {int(gap.sum())}" for name, gap in gaps.items()]
    raise InputError(
        f"Data {table.path}: cells are missing.",
        given=f"{listed(others)} of {len(cells)}; column {name!r} at {where}",
        needed="Every feature is there for every example. Empty, NaN, NA, null, None "
        "and ? are missing.",
        write=f"df.dropna(), or df.fillna({{{name!r}: ...}}) with its median or a word "
        "of your own, before df.to_csv(..., index=False)",
    )


def _learn(table: Table, name: str) -> Column:
    cells = table.column(name)
    if cells.dtype.kind != "U":
        return Column(name, "number")
    numbers = ~np.isnan(_parsed(cells))
    if numbers.all():
        return Column(name, "number")
    if numbers.mean() >= 0.5:
        _refuse_word(table, name, int(np.flatnonzero(~numbers)[0]))
    if (date := learn_date(table, name)) is not None:
        return date
    words = np.unique(cells)
    if len(words) > 2 and in_other_dress(words):
        _refuse_word(table, name, 0)
    if len(words) > MOST or len(words) > max(2, len(cells) / 2):
        if have_unit(words.tolist()):
            _refuse_word(table, name, 0)
        _refuse_text(table, name, words)
    return Column(name, "words", words=tuple(words.tolist()))


def _parsed(cells: NDArray) -> NDArray[np.float64]:
    """Returns numbers, and NaN where a cell is none."""
    if cells.dtype.kind in "biuf":
        return cells.astype(np.float64)
    return np.asarray(pd.to_numeric(cells.astype(object), errors="coerce"), np.float64)


def _code(table: Table, column: Column, notes: list[str]) -> NDArray:
    cells = table.column(column.name)
    if column.kind == "words":
        flags = cells.astype(str)[:, None] == np.array(column.words)[None]
        strange = np.flatnonzero(~flags.any(axis=1))
        if len(strange):
            words = listed(map(repr, np.unique(cells[strange]).tolist()))
            notes.append(
                f"{column.name!r} has words that were not in training, {words}, in "
                f"{counted(len(strange), 'row')}; all its columns are 0 there"
            )
        return flags.astype(np.float64)
    if column.kind == "date":
        dates = as_dates(cells.astype(str), column.form)
        if dates.isna().any():
            _refuse_word(table, column.name, int(np.flatnonzero(dates.isna())[0]))
        days = (dates - pd.Timestamp(column.start, tz="UTC")) / pd.Timedelta(days=1)
        return days.to_numpy(np.float64)[:, None]
    return _floats(table, column.name, cells)[:, None]


def _floats(table: Table, name: str, cells: NDArray) -> NDArray[np.float64]:
    numbers = _parsed(cells)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        _refuse_word(table, name, int(bad[0]))
    if cells.dtype.kind in "iu":
        refuse_rounded(table.path.name, cells[:, None], [name])
    return numbers


def _refuse_word(table: Table, name: str, row: int) -> None:
    cell = str(table.column(name)[row])
    right = "that cell put right"
    if in_other_dress(np.array([cell])) or have_unit([cell]):
        right = f"plain numbers, {undressed(cell)} for {cell!r}"
    raise InputError(
        f"Data {table.path}: a cell is not what the others of its column are.",
        given=f"{cell!r} in {table.place(row)}, column {name!r}",
        needed="A column holds finite numbers, written as 1234.5, or dates, or words. "
        "Units, % and separators of thousands are no part of a number.",
        write=right,
        switch="--label with its column, if it is the label",
    )


def _refuse_text(table: Table, name: str, words: NDArray[np.str_]) -> None:
    raise InputError(
        f"Data {table.path}: a column is text.",
        given=f"column {name!r}: {len(words)} different words in "
        f"{len(table.column(name))} rows, such as {str(words[0])[:40]!r}",
        needed=f"A column of words holds at most {MOST} different ones, each in "
        "several rows.",
        write=f"df.drop(columns={name!r}).to_csv('data.csv', index=False), or --label "
        "with that column, if it is the label",
    )


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
    table, again = _read(path, used)
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
    table = _with_words(table, columns, again)
    values, notes = to_numbers(table, columns)
    for note in notes:
        say(f"{path}: {note}.")
    return to_network(str(path), values)


_Again = Callable[[list[int]], Table]


def _read(path: Path, used: list[str]) -> tuple[Table, _Again]:
    """Reads a table, and returns what reads it again with some columns as words."""
    if path.suffix.lower() == ".parquet":
        table = read_table(path, None, None)
        return table, lambda _: table
    found = survey(path, None)
    how = path, _has_names(found, used), found.separator
    return read_table(*how), lambda words: read_table(*how, words)


def _with_words(table: Table, columns: Sequence[Column], again: _Again) -> Table:
    """Returns columns of words as they are written: 007 may be one, and TRUE."""
    words = {one.name for one in columns if one.kind == "words"}
    turned = [
        at
        for at, name in enumerate(table.names)
        if name in words and table.cells[at].dtype.kind != "U"
    ]
    return replace(table, cells=again(turned).cells) if turned else table


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
