"""How what was seen of a stream prints: a row a point, a number a column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rich.table
from rich.markup import escape


def table(
    title: str, rows: Sequence[Mapping[str, Any]], notes: Iterable[str]
) -> rich.table.Table:
    """Returns a calm table: words to the left, numbers to the right.

    Args:
        title: What stands above it.
        rows: Values by their names, the same in each row.
        notes: What stands below it.
    """
    made = rich.table.Table(
        title=escape(title),
        caption=escape("\n".join(notes)) or None,
        caption_justify="left",
        box=None,
    )
    for name, value in rows[0].items():
        words = isinstance(value, str)
        made.add_column(
            name,
            justify="left" if words else "right",
            overflow="fold",
            no_wrap=not words,
        )
    for row in rows:
        made.add_row(*map(_cell, row.values()))
    return made


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    return "–" if math.isnan(value) else f"{value:.3g}"
