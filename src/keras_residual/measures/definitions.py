"""What each column is and what to look out for: the words of `columns.md`.

`docs/measures.md` holds them, too; the page of `inspect` says them where one points at
a column.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Definition(NamedTuple):
    """What is said of a column.

    Args:
        meaning: What it is.
        watch: What to look out for.
    """

    meaning: str
    watch: str


@cache
def definitions() -> dict[str, Definition]:
    """Returns what is said of each column, by its name."""
    found = {}
    for names, *said in re.findall(r"^\| (`.+) \| (.+) \| (.+) \|$", _text(), re.M):
        told = Definition(*(text.replace("`", "") for text in said))
        found |= dict.fromkeys(re.findall(r"`(\w+)`", names), told)
    return found


def symbols() -> str:
    """Says what the letters in the definitions stand for."""
    return " ".join(_text().partition("\n\n")[0].replace("`", "").split())


@cache
def _text() -> str:
    return (files("keras_residual.measures") / "columns.md").read_text(encoding="utf-8")
