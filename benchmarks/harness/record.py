"""Rows as a table to look at and as files to keep."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from harness.page import grid, page
from harness.rows import BAR, Row

HEAD = [
    "network",
    "backend",
    "form",
    "build s",
    "first step s",
    "step ms",
    "quartiles",
    "peak MiB",
    "ours / this",
    "range",
    f"bar {BAR}",
]
_WORDS = 3
"""Columns of words come first; the others hold numbers."""


def cells(row: Row) -> list[str]:
    """Writes a row as text, in the order of `HEAD`."""
    low, high = (1e3 * second for second in row.quartiles)
    ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
    span = "" if row.ratio_range is None else "{:.3f}–{:.3f}".format(*row.ratio_range)
    return [
        *(row.network, row.backend, row.form),
        *(f"{row.build:.2f}", f"{row.first_step:.2f}"),
        *(f"{1e3 * row.step:.1f}", f"{low:.1f}–{high:.1f}", f"{row.peak:.0f}"),
        *(ratio, span),
        {None: "", True: "PASS", False: "FAIL"}[row.passed],
    ]


def table(rows: list[Row]) -> Table:
    """Sets the rows for a terminal; a line between backends."""
    made = Table(title="One training step")
    for index, title in enumerate(HEAD):
        made.add_column(title, justify="left" if index < _WORDS else "right")
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        last = following is None or following.backend != row.backend
        made.add_row(*cells(row), end_section=last)
    return made


def markdown(rows: list[Row], about: dict[str, str], note: str) -> str:
    """Sets the rows as a page: what was measured, the table, where."""
    rules = ["---" if index < _WORDS else "--:" for index in range(len(HEAD))]
    lines = [HEAD, rules, *map(cells, rows)]
    return page("One training step", note, grid(lines), about)


def write(
    folder: Path, name: str, rows: list[Row], about: dict[str, str], note: str
) -> None:
    """Writes `<name>.md` to read and `<name>.json` with every single time."""
    folder.mkdir(parents=True, exist_ok=True)
    text = markdown(rows, about, note)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    data = {"machine": about, "bar": BAR, "rows": [asdict(row) for row in rows]}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
