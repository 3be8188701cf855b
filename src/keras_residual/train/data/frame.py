"""A table as columns of plain arrays, read by pandas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from numpy.typing import NDArray

from keras_residual.train.data.header import column_names
from keras_residual.train.data.survey import Survey, open_text, survey
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import SEPARATORS


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
        return self.cells[self.names.index(name)]

    def without(self, names: list[str]) -> Table:
        """Returns the table without some columns.

        Args:
            names: The columns.
        """
        kept = [name for name in self.names if name not in names]
        return replace(self, names=kept, cells=[self.column(name) for name in kept])


def read_table(path: Path, header: bool | None, separator: str | None) -> Table:
    """Reads a text file of rows, or a .parquet file.

    Args:
        path: The file.
        header: Whether the first line names the columns. As it looks by default.
        separator: What stands between cells. As it looks by default.

    Raises:
        InputError: It is no table, or damaged.
    """
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    found = survey(path, separator)
    names, said = column_names(found, header)
    frame = _read_text(found, header=names is not None)
    decimal_comma = found.separator != "," and any(
        _has_decimal_comma(column) for _, column in frame.items()
    )
    cells = [_plain(one, decimal_comma=decimal_comma) for _, one in frame.items()]
    notes = [said]
    if found.separator != ",":
        notes.append(f"the separator is {found.separator!r}")
    if decimal_comma:
        notes.append("decimal commas are read, as in 1,5")
    start = 0 if names is None else 1
    numbered = [f"column {at}" for at in range(1, len(cells) + 1)]
    return Table(
        path,
        names=[a or b for a, b in zip(names or numbered, numbered, strict=True)],
        cells=cells,
        named=names is not None,
        place=lambda row: found.line(row + start),
        notes=tuple(filter(None, notes)),
    )


def _read_text(found: Survey, *, header: bool) -> pd.DataFrame:
    spaces = found.separator == "space"
    try:
        with open_text(found.path, found.encoding) as file:
            return pd.read_csv(
                file,
                sep=r"\s+" if spaces else SEPARATORS[found.separator],
                header=0 if header else None,
                names=list(range(len(found.first))),
                na_filter=False,  # what is missing is refused by its place, not guessed
                skipinitialspace=True,
                low_memory=False,
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
        frame = pd.read_parquet(path)
    except ImportError:
        raise InputError(
            f"Data {path}: pyarrow is not installed.",
            given=f"data={str(path)!r}",
            needed="A .parquet file is read by pyarrow, which is not one of ours.",
            write="pip install pyarrow, or df.to_csv('data.csv', index=False)",
        ) from None
    except (ValueError, OSError, KeyError) as error:
        raise InputError(
            f"Data {path}: the file cannot be read.",
            given=str(error),
            needed="A .parquet file is what df.to_parquet() wrote, whole.",
            write="df.to_parquet('data.parquet')",
        ) from error
    return Table(
        path,
        names=[str(name) for name in frame.columns],
        cells=[_plain(column) for _, column in frame.items()],
        named=True,
        place=lambda row: f"row {row + 1}",
    )


def _has_decimal_comma(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return False
    return bool(column.astype(str).str.fullmatch(r"\s*[+-]?\d*,\d+\s*").any())


def _plain(column: pd.Series, *, decimal_comma: bool = False) -> NDArray:
    """Returns numbers and flags as such, and all else as stripped words."""
    if pd.api.types.is_numeric_dtype(column) and not column.isna().any():
        return column.to_numpy(dtype=bool if column.dtype == "boolean" else None)
    words = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    if decimal_comma:
        pattern = r"[+-]?\d*(,\d+)?([eE][+-]?\d+)?"
        if words.str.fullmatch(pattern).all() and words.str.len().all():
            return words.str.replace(",", ".").astype(float).to_numpy()
    return words.to_numpy(dtype=str)
