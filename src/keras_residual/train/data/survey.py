"""Looks at the lines of a table before it is read: separator, width, quotes."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import open_regular
from keras_residual.common.wording import counted
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import SEPARATORS

SAMPLE, CELLS = 200, 1 << 20  # rows that are looked at for names, and their cells
WIDEST = 1 << 16  # columns: each is looked at by itself
LONGEST = 1 << 24  # characters of a line
RATIO = 50  # a compressed table is no more than so many times larger
BLANKS = 1000  # lines without cells, beside one for each line with cells
CERTAIN, OTHERS = ("tab", ";"), (",", "|", "space")  # the first are seldom in cells
NAMED = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # for Excel, in the first line


@dataclass
class Survey:
    """What the lines of a table are.

    Args:
        path: The file.
        encoding: The encoding of its text.
        separator: A key of `SEPARATORS`.
        first: The cells of the first line.
        sample: The cells of some lines below it.
        count: Number of lines with cells.
        blanks: Numbers of the lines without, from 1.
        named: Whether the first line names the separator, as `sep=;` does.
    """

    path: Path
    encoding: str
    separator: str
    first: list[str] = field(default_factory=list)
    sample: list[list[str]] = field(default_factory=list)
    count: int = 0
    blanks: list[int] = field(default_factory=list)
    named: bool = False

    def line(self, row: int) -> str:
        """Says in which line of the file a row stands.

        Args:
            row: Its number among the lines with cells, from 0.
        """
        line = row + 1
        for blank in self.blanks:
            line += blank <= line
        return f"line {line}"


def survey(path: Path, separator: str | None) -> Survey:
    """Reads every line once, and refuses what is no table.

    Args:
        path: A text file, or one compressed by gzip.
        separator: A key of `SEPARATORS`. Found in the first lines by default.

    Raises:
        InputError: Not text, no rows, rows of different widths, or an open quote.
    """
    found = Survey(path, "utf-8-sig", separator or "")
    try:
        with open_regular(path) as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                found.encoding = "utf-16"
        word = _named_separator(path, found.encoding)
        found.named = word is not None
        found.separator = separator or word or _find_separator(path, found.encoding)
        _go_through(found)
    except InputError:
        raise
    except (ValueError, csv.Error, OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"Data {path}: the file is not a table.",
            given=f"{error}",
            needed="Rows of cells with a separator between them, in UTF-8. A quote "
            "that opens a cell closes it in the same line.",
            write=f'pd.read_csv("{path.name}", encoding="latin-1").to_csv("data.csv", '
            "index=False), with the encoding that it has"
            if isinstance(error.__cause__ or error, UnicodeError)
            else 'df.to_csv("data.csv", index=False, encoding="utf-8")',
        ) from error
    if not found.count:
        refuse_small(path, 0, 0)
    return found


def refuse_small(path: Path, rows: int, columns: int) -> None:
    """Refuses a table that holds nothing to learn from.

    Args:
        path: The file.
        rows: Number of rows.
        columns: Number of columns.

    Raises:
        InputError: Always.
    """
    raise InputError(
        f"Data {path}: the rows are not a table.",
        given=f"{counted(rows, 'row')}, {counted(columns, 'column')}",
        needed="Rows of at least two cells: the features and a label.",
        write="length,width,species in line 1 and 4.9,3.0,setosa below",
        switch="--separator, if no comma stands between cells",
    )


@contextmanager
def open_text(
    path: Path, encoding: str, errors: str = "strict"
) -> Iterator[io.TextIOWrapper]:
    """Opens a text file, or one compressed by gzip.

    Args:
        path: The file.
        encoding: The encoding of its text.
        errors: What becomes of bytes that are no text, in Python's words.

    Raises:
        OSError: It is no regular file.
    """
    with open_regular(path) as raw:
        packed = path.suffix == ".gz"
        file = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
        with io.TextIOWrapper(file, encoding, errors, newline="") as text:
            yield text


def _lines(path: Path, encoding: str) -> Generator[str]:
    most = RATIO * path.stat().st_size + (1 << 20)
    # Kept until its line is known: a file is decoded in pieces of many lines.
    errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
    with open_text(path, encoding, errors) as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST), ""), 1):
            _check_text(line, number)
            most -= len(line)
            if most < 0:
                raise ForeignError(
                    "the compressed file is too large when unpacked: write it as it is"
                )
            named = number == 1 and NAMED.fullmatch(line.rstrip("\r\n"))
            yield "\n" if named else line  # such a line holds no cells


def _check_text(line: str, number: int) -> None:
    if "\0" in line:  # readers take it for the end of its cell
        raise ForeignError(f"a zero byte in line {number}")
    if line.isascii():
        return
    try:
        line.encode(errors="surrogateescape").decode()
    except UnicodeError as error:
        raise ForeignError(f"{error}, in line {number}") from error


def _rows(
    path: Path, lines: Iterable[str], separator: str
) -> Iterator[tuple[int, list[str]]]:
    reader = _cells(lines, separator)
    line = 0
    try:
        for row in reader:
            if reader.line_num > line + 1:
                _refuse_quote(path, line + 1, f"and closed in line {reader.line_num}")
            line = reader.line_num
            yield line, row
    except csv.Error as error:
        if "unexpected end" in str(error):
            _refuse_quote(path, line + 1, "and never closed")
        if "expected after" in str(error):
            _refuse_quote(path, line + 1, "and closed within a cell")
        raise ForeignError(f"{error}, in line {line + 1}") from error


def _cells(lines: Iterable[str], separator: str) -> Any:
    """Cuts lines as pandas does: spaces count for one, quotes hold cells together."""
    if separator == "space":
        lines = (" ".join(line.split()) + "\n" for line in lines)
    mark = SEPARATORS[separator]
    return csv.reader(lines, delimiter=mark, skipinitialspace=True, strict=True)


def _named_separator(path: Path, encoding: str) -> str | None:
    """Returns the separator that the first line names, if it does."""
    with open_text(path, encoding, "replace") as file:
        found = NAMED.fullmatch(file.readline(16).rstrip("\r\n"))
    if not found:
        return None
    for word, mark in SEPARATORS.items():
        if mark == found[1]:
            return word
    raise ForeignError(f"line 1 says that {found[1]!r} stands between cells")


def _find_separator(path: Path, encoding: str) -> str:
    with closing(_lines(path, encoding)) as every:
        lines = [line for line in islice(every, 20) if line.strip()]
    widths = {}
    for word in (*CERTAIN, *OTHERS):
        rows = _split(lines, word)
        even = len({len(row) for row in rows}) == 1
        widths[word] = len(rows[0]) if even else 1
    for word in CERTAIN:
        if widths[word] > 1:
            return word
    best = max(OTHERS, key=lambda word: widths[word])
    return best if widths[best] > 1 else _most_frequent(lines)


def _split(lines: list[str], word: str) -> list[list[str]]:
    """Returns the rows up to the first that is none, such as one with an open quote."""
    rows = []
    with suppress(csv.Error):
        rows.extend(_cells(lines, word))
    torn = word == "space" and any('"' in cell for row in rows for cell in row)
    return [] if torn else rows


def _most_frequent(lines: list[str]) -> str:
    """Names the separator that the first line holds most of, to report the others."""
    first = lines[0].strip(" ") if lines else ""
    best = max((",", ";", "tab", "|"), key=lambda one: first.count(SEPARATORS[one]))
    return "space" if SEPARATORS[best] not in first and " " in first else best


def _go_through(found: Survey) -> None:
    with closing(_lines(found.path, found.encoding)) as lines:
        for line, row in _rows(found.path, lines, found.separator):
            if not row:
                found.blanks.append(line)
                if len(found.blanks) > BLANKS + found.count:
                    raise ForeignError(
                        f"{len(found.blanks)} empty lines up to line {line}"
                    )
                continue
            if not found.first:
                found.first = row
                refuse_wide(found.path, len(row), found.line(0))
            elif len(row) != len(found.first):
                _refuse_uneven(found, line, row)
            elif len(found.sample) < min(SAMPLE, max(10, CELLS // len(found.first))):
                found.sample.append(row)
            found.count += 1


def _refuse_quote(path: Path, opened: int, closed: str) -> None:
    raise InputError(
        f"Data {path}: a quote is not closed where its cell ends.",
        given=f"opened in line {opened} {closed}",
        needed='A cell stands in one line. A quote within a cell is doubled: "".',
        write=f"line {opened} with its quotes closed, or without them",
    )


def refuse_wide(path: Path, columns: int, place: str) -> None:
    """Refuses a table with so many columns that a look at each takes too long.

    Args:
        path: The file.
        columns: How many there are.
        place: Where they are named.

    Raises:
        InputError: There are more than `WIDEST`.
    """
    if columns > WIDEST:
        raise InputError(
            f"Data {path}: there are too many columns.",
            given=f"{columns:,} in {place}",
            needed=f"A table has up to {WIDEST:,} columns; an array may have more.",
            write="np.savez('data.npz', x=values, y=labels)",
        )


def _refuse_uneven(found: Survey, line: int, row: list[str]) -> None:
    raise InputError(
        f"Data {found.path}: the rows are not a table.",
        given=f"{len(row)} cells in line {line}, {len(found.first)} in the first line, "
        f"with {found.separator!r} between them",
        needed="Every row has the same number of cells: the features and a label.",
        write=f"{found.line(0)} and line {line} with as many cells as the others",
        switch="--separator, if it is another one",
    )
