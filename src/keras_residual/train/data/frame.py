"""A table as columns of plain arrays, read by pandas."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ForeignError, ResidualError
from keras_residual.common.extras import extra
from keras_residual.common.files import open_regular
from keras_residual.common.wording import listed
from keras_residual.train.data.header import column_names
from keras_residual.train.data.survey import Survey, open_text, refuse_wide, survey
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import SEPARATORS

with extra("train", "Reading a table"):
    import pandas as pd

# A packed file may hold more cells than bytes, where they repeat.
MOST_CELLS, CELLS_A_BYTE = 2**21, 8
THOUSANDS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+")
COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")
COMMAS = re.compile(r"[+-]?(\d+(,\d+)?|,\d+)([eE][+-]?\d+)?")
CODE = re.compile(r"0\d+")
OFTEN = 3  # cells; fewer may be measured to the third decimal by chance
MOST_LETTERS = 2**26  # of a column, were all its cells as long as the longest


@dataclass
class Table:
    """The columns of a table.

    Args:
        path: The file.
        names: Name of each column; "column 1" and so on where there are none.
        cells: Each column: numbers, flags, or stripped words.
        named: Whether the file names its columns.
        place: Says where a row stands in the file.
        notes: What was guessed or converted.
    """

    path: Path
    names: list[str]
    cells: list[NDArray]
    named: bool
    place: Callable[[int], str]
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> NDArray:
        """Returns the cells of a column.

        Args:
            name: The column.
        """
        return self.cells[self._places[name]]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.names)}

    def without(self, names: list[str]) -> Table:
        """Returns the table without some columns.

        Args:
            names: The columns.
        """
        gone = set(names)
        kept = [name for name in self.names if name not in gone]
        return replace(self, names=kept, cells=[self.column(name) for name in kept])


def read_table(
    path: Path,
    header: bool | None,
    separator: str | None,
    words: Collection[int] = (),
) -> Table:
    """Reads a text file of rows, or a .parquet file.

    Args:
        path: The file.
        header: Whether the first line names the columns. As it looks by default.
        separator: What stands between cells. As it looks by default.
        words: Numbers of columns that are words in a text file, though they may look
            like numbers or flags.

    Raises:
        InputError: It is no table, or damaged.
    """
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    found = survey(path, separator)
    names, said = column_names(found, header)
    frame = _read_text(found, header=names is not None, words=words)
    numbered = [f"column {at}" for at in range(1, frame.shape[1] + 1)]
    called = [a or b for a, b in zip(names or numbered, numbered, strict=True)]
    _refuse_long(path, called, frame)
    decimal_comma = found.separator != "," and any(
        _has_decimal_comma(column) for _, column in frame.items()
    )
    _refuse_thousands(found, called, decimal_comma)
    cells = [_plain(one, decimal_comma=decimal_comma) for _, one in frame.items()]
    notes = [said]
    if found.separator != ",":
        notes.append(f"the separator is {found.separator!r}")
    if decimal_comma:
        notes.append("decimal commas are read, as in 1,5")
    notes.extend(_codes(found, called, cells))
    start = 0 if names is None else 1
    return Table(
        path,
        names=called,
        cells=cells,
        named=names is not None,
        place=lambda row: found.line(row + start),
        notes=tuple(filter(None, notes)),
    )


def _read_text(found: Survey, *, header: bool, words: Collection[int]) -> pd.DataFrame:
    spaces = found.separator == "space"
    try:
        with open_text(found.path, found.encoding) as file:
            if found.named:
                file.readline()
            return pd.read_csv(
                file,
                sep=r"\s+" if spaces else SEPARATORS[found.separator],
                header=0 if header else None,
                names=list(range(len(found.first))),
                na_filter=False,  # what is missing is refused by its place, not guessed
                skipinitialspace=True,
                low_memory=False,
                dtype=dict.fromkeys(words, str),  # pyright: ignore[reportArgumentType]
            )
    except (ValueError, OSError, OverflowError) as error:
        raise InputError(
            f"Data {found.path}: the file is not a table.",
            given=str(error),
            needed="Rows of cells with a separator between them, in UTF-8.",
            write='df.to_csv("data.csv", index=False)',
        ) from error


def _read_parquet(path: Path) -> Table:
    try:
        with open_regular(path) as file:
            _check_parquet(path, file)
            frame, note = _with_index(pd.read_parquet(file))
        names = [str(name).strip() for name in frame.columns]
        _refuse_long(path, names, frame)
        cells = [_plain(column) for _, column in frame.items()]
    except ResidualError:
        raise
    except Exception as error:  # Arrow raises many kinds of a damaged file
        raise InputError(
            f"Data {path}: the file cannot be read.",
            given=str(error)[:200] or type(error).__name__,
            needed="A .parquet file is what df.to_parquet() wrote, whole.",
            write="df.to_parquet('data.parquet')",
        ) from error
    notes = (note,) * bool(note)
    return Table(path, names, cells, True, lambda row: f"row {row + 1}", notes)


def _with_index(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Makes columns of the index as far as it has names, and says what is left out."""
    named = [name for name in frame.index.names if name is not None]
    plain = isinstance(frame.index, pd.RangeIndex)
    rest = len(named) < frame.index.nlevels and not plain
    said = "left out: the index, which has no name" * rest
    return frame.reset_index(level=named) if named else frame, said


def _check_parquet(path: Path, file: io.FileIO) -> None:
    """Refuses what is no table, and more rows than the file has room for."""
    with extra("parquet", "Reading a .parquet file"):
        from pyarrow import parquet, types

    schema = parquet.read_schema(file)
    names = [field.name for field in schema]
    refuse_wide(path, len(names), "the schema")
    twice = [name for name, times in Counter(names).items() if times > 1]
    strange = [
        f"{field.name!r} of {field.type}"
        for field in schema
        if types.is_nested(field.type) or "binary" in str(field.type)
    ]
    if twice or strange:
        raise InputError(
            f"Data {path}: the columns are not those of a table.",
            given=f"{listed(map(repr, twice))}, twice or more"
            if twice
            else listed(strange),
            needed="A column has a name of its own, and a cell holds one number, date "
            "or word.",
            write="a column for each name, and for each number of a list",
        )
    file.seek(0)
    about, size = parquet.read_metadata(file), os.fstat(file.fileno()).st_size
    cells = about.num_rows * about.num_columns
    if cells > max(MOST_CELLS, CELLS_A_BYTE * size):
        raise ForeignError(f"{about.num_rows} rows out of {size} bytes; df.to_csv them")
    file.seek(0)


def _refuse_long(path: Path, names: list[str], frame: pd.DataFrame) -> None:
    """Refuses a long text among many rows: each cell takes as much as the longest."""
    for name, (_, column) in zip(names, frame.items(), strict=True):
        if pd.api.types.is_numeric_dtype(column):
            continue
        longest = max(map(len, map(str, column.tolist())), default=0)
        if longest * len(column) > MOST_LETTERS:
            raise InputError(
                f"Data {path}: a cell is too long.",
                given=f"{longest} letters in column {name!r}, {len(column)} rows",
                needed="A cell holds a number, a date or a word.",
                write=f"df.drop(columns={name!r}).to_csv('data.csv', index=False)",
            )


def _refuse_thousands(found: Survey, names: list[str], decimal_comma: bool) -> None:
    """Refuses 1.234 among whole numbers, or in a table of decimal commas."""
    for at, name in enumerate(names):
        cells = [row[at].strip().lstrip("+-") for row in found.sample]
        points = [cell for cell in cells if "." in cell]
        whole = any(cell.isdigit() and cell != "0" for cell in cells)
        few = len(points) < (1 if decimal_comma else OFTEN)
        if few or not (whole or decimal_comma):
            continue
        if all(THOUSANDS.fullmatch(cell) for cell in points):
            raise InputError(
                f"Data {found.path}: a point may separate thousands.",
                given=f"{points[0]!r} in column {name!r}, and "
                + ("whole numbers beside it" if whole else "decimal commas elsewhere"),
                needed="Separators of thousands are no part of a number, and a point "
                "stands before decimals.",
                write="pd.read_csv(..., thousands='.', decimal=',').to_csv('data.csv', "
                "index=False); or decimals without a last 0",
            )


def _codes(found: Survey, names: list[str], cells: list[NDArray]) -> Iterator[str]:
    """Says where what may be a code, such as 007, is read as a number."""
    for at, (name, column) in enumerate(zip(names, cells, strict=True)):
        codes = [row[at].strip() for row in found.sample]
        codes = [code for code in codes if CODE.fullmatch(code)]
        if codes and column.dtype.kind in "iuf":
            yield f"{name!r}: {codes[0]} is read as the number {int(codes[0])}"


def _has_decimal_comma(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return False
    return any(map(COMMA.fullmatch, map(str, column.tolist())))


def _plain(column: pd.Series, *, decimal_comma: bool = False) -> NDArray:
    """Returns numbers and flags as such, and all else as stripped words."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        values = column.to_numpy()  # the short way, as tables may be wide
        if values.dtype.kind != "f" or not np.isnan(values).any():
            return values
    if pd.api.types.is_numeric_dtype(column) and not column.isna().any():
        return column.to_numpy(dtype=bool if column.dtype == "boolean" else None)
    cells = column.tolist()
    if not all(type(one) is str for one in cells):
        cells = column.astype(object).where(column.notna(), "").astype(str).tolist()
    words = [cell.strip() for cell in cells]
    if decimal_comma and all(map(COMMAS.fullmatch, words)):
        return np.array([float(word.replace(",", ".")) for word in words])
    return np.array(words, dtype=str)
