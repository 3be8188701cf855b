"""Rows of a .csv file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.read.files import open_regular
from keras_residual.train.data.arrays import make_dataset
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.mistake import InputError


def load(path: Path, label: str | None, validation: float) -> Dataset:
    """Reads numbers and a label from each row.

    Args:
        path: The file. Its first row names the columns, unless every cell but the
            label's is a number.
        label: Name of the label's column. The last column by default.
        validation: Share of the rows held out.

    Raises:
        InputError: The column is unknown, a cell is no number, or a row is too short.
    """
    header, rows = read_rows(path)
    column = _label_column(path, header, label, len(rows[0]))
    labels = np.array([row[column].strip() for row in rows])
    features = [row[:column] + row[column + 1 :] for row in rows]
    first_line = 1 if header is None else 2
    values = to_numbers(path, features, first_line)
    return make_dataset(path.name, (values, labels), validation=validation)


def read_rows(path: Path) -> tuple[list[str] | None, list[list[str]]]:
    """Reads the header, where there is one, and the rows.

    Args:
        path: The file.

    Raises:
        InputError: Not text, no rows, or rows of different lengths.
    """
    try:
        with io.TextIOWrapper(
            open_regular(path), newline="", encoding="utf-8-sig"
        ) as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"Data {path}: the file is not a table.",
            given=str(error),
            needed="Rows of cells with commas between them, in UTF-8.",
            write="--data FILE.csv",
        ) from error
    header = rows.pop(0) if rows and not _numeric(rows[0][:-1]) else None
    width = len(header or (rows[0] if rows else ()))
    uneven = [number for number, row in enumerate(rows) if len(row) != width]
    if not rows or width < 2 or uneven:
        line = uneven[0] + (1 if header is None else 2) if uneven else 1
        raise InputError(
            f"Data {path}: the rows are not a table.",
            given=f"{len(rows)} rows, {width} columns in the first, see line {line}",
            needed="Every row has the same number of cells: the features and a label.",
            write="length,width,species in line 1 and 4.9,3.0,setosa below",
        )
    return header, rows


def to_numbers(path: Path, rows: list[list[str]], first_line: int) -> NDArray:
    """Turns cells into float32, naming the first one that is no number.

    Args:
        path: The file, for the message.
        rows: Cells.
        first_line: Line of the first row in the file.

    Raises:
        InputError: A cell is empty or a word.
    """
    try:
        return np.array(rows, dtype=np.float32)
    except ValueError:
        line, cell = next(
            (line, cell)
            for line, row in enumerate(rows, first_line)
            for cell in row
            if not _numeric([cell])
        )
        raise InputError(
            f"Data {path}: a feature is not a number.",
            given=f"{cell!r} in line {line}",
            needed="Every cell but the label's is a number.",
            write="--label NAME where the label is not the last column",
        ) from None


def _label_column(
    path: Path, header: list[str] | None, label: str | None, width: int
) -> int:
    if label is None:
        return width - 1
    if header is None or label not in header:
        raise InputError(
            f"Data {path}: there is no such column.",
            given=f"label={label!r}",
            needed=f"Columns are {', '.join(header) if header else 'not named'}.",
            write=f"--label {header[-1] if header else 'NAME, with names in line 1'}",
        )
    return header.index(label)


def _numeric(cells: list[str]) -> bool:
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return True
