"""Dates in a column of a table: how they are written, and what is too doubtful."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.extras import extra
from keras_residual.train.data.frame import Table
from keras_residual.train.data.terms import FORMATS, YEARS, Column
from keras_residual.train.mistake import InputError

with extra("train", "Reading a table"):
    import pandas as pd

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_LIKE = re.compile(
    r"(\d{4}[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./ ]\d\d?[-./ ]\d{4}|"
    r"\d\d[-./]\d\d[-./]\d\d|"
    rf"\d\d?\.?[- ]{_MONTH}[- ,]*(\d{{4}}|\d\d)|{_MONTH} ?\d\d?,? *\d{{4}})"
    r"([T ,].*)?",
    re.IGNORECASE,
)


def as_dates(cells: NDArray, form: str) -> pd.Series:
    """Returns dates, and nothing where a cell is none.

    Args:
        cells: Words.
        form: How a date is written, as pandas has it.
    """
    return pd.to_datetime(pd.Series(cells), format=form, errors="coerce", utc=True)


def learn_date(table: Table, name: str) -> Column | None:
    """Decides how a column of dates is read; nothing where it holds others than dates.

    Args:
        table: The table.
        name: The column.

    Raises:
        InputError: Day and month cannot be told apart; or each cell is a date, in two
            ways of writing or in one that is not read.
    """
    cells = table.column(name)
    forms = FORMATS if cells[0].strip()[:1].isdigit() else ()  # pandas is slow
    fits = [form for form in forms if as_dates(cells[:1], form).notna().all()]
    fits = [form for form in fits if as_dates(cells, form).notna().all()]
    if len(fits) > 1:
        raise InputError(
            f"Data {table.path}: the dates of a column can be read in two ways.",
            given=f"{str(cells[0])!r} in column {name!r}: {' or '.join(fits)}",
            needed="Day and month can be told apart.",
            write="dates as 2024-12-31",
        )
    if fits:
        dates = as_dates(cells, fits[0])
        _refuse_far(table, name, dates)
        return Column(name, "date", form=fits[0], start=str(dates.min().date()))
    words = np.unique(cells).tolist()
    if len(words) > 2 and all(_LIKE.fullmatch(word) for word in words):
        row = _first_odd(cells)
        raise InputError(
            f"Data {table.path}: the dates of a column are not read.",
            given=f"{str(cells[row])!r} in {table.place(row)}, column {name!r}",
            needed="A column of dates is written in one way: 2024-12-31, 2024/12/31, "
            "31.12.2024, 31/12/2024 or 12/31/2024.",
            write="dates as 2024-12-31",
        )
    return None


def _refuse_far(table: Table, name: str, dates: pd.Series) -> None:
    far = np.flatnonzero(~dates.dt.year.isin(YEARS))
    if len(far):
        row = int(far[0])
        raise InputError(
            f"Data {table.path}: a date is out of range.",
            given=f"{str(table.column(name)[row])!r} in {table.place(row)}, column "
            f"{name!r}; {len(far)} of {len(dates)} rows",
            needed=f"Dates are of the years {YEARS[0]} to {YEARS[-1]}. Others often "
            "stand for never, or for not known.",
            write="those cells put right, or the data without that column",
        )


def _first_odd(cells: NDArray) -> int:
    """Returns the row of the first date that is written in no way that is read."""
    read = [as_dates(cells, form).notna().to_numpy() for form in FORMATS]
    return int(max(one.argmin() for one in read))
