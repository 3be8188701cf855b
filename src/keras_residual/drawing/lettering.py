"""How wide a text is, and how to make it fit.

Measured in DejaVu Sans, which Matplotlib brings: it is among the widest sans-serif
faces, so what fits in it fits in the reader's own.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from keras_residual.common.extras import extra

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

SIZE = 11.5  # of the text in a picture, in CSS pixels
_UNITS = 2048  # that the face divides its letters into: at this size, no rounding


def width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """Returns how wide a line of text is, in the unit of its size."""
    return sum(_advance(letter, bold) for letter in text) * size


def lettered(k: int) -> str:
    """Counts A, B, …, Z, AA, AB, …."""
    first, last = divmod(k, 26)
    return (lettered(first - 1) if first else "") + chr(ord("A") + last)


def font_file(bold: bool) -> Path:
    """Returns where the face that texts are measured in lies."""
    with extra("report", "A picture"):
        import matplotlib as mpl

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(mpl.get_data_path(), "fonts", "ttf", name)


def fitted(text: str, room: float, size: float = SIZE, bold: bool = False) -> str:
    """Shortens a line that is wider than `room`."""
    if width(text, size, bold) <= room:
        return text
    while text and width(text + "…", size, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, room: float) -> list[str]:
    """Breaks a line that is wider than `room`, best at its dots and arrows."""
    found, line = [], ""
    # An SVG would fold plain spaces into one.
    margin = "│\u00a0\u00a0\u00a0 " if text.startswith("│") else ""
    for word in _words(text, room):
        if line and width(line + word) > room:
            found.append(line)
            line = margin + word.removeprefix(" · ").lstrip()
        else:
            line += word
    return [fitted(row, room) for row in (*found, line)]


def _words(text: str, room: float) -> list[str]:
    """Splits at dots and arrows; what is too wide even so, at its spaces."""
    found: list[str] = []
    for word in re.split(r"(?= · | → )", text):
        wide = width(word) > room
        found += re.split(r"(?<=[^·→│] )", word) if wide else [word]
    return found


@cache
def _advance(letter: str, bold: bool) -> float:
    """Returns how far a letter moves the pen, where letters are 1 high."""
    return _face(bold).getlength(letter) / _UNITS


@cache
def _face(bold: bool) -> FreeTypeFont:
    with extra("report", "A picture"):
        from PIL.ImageFont import Layout, truetype

    # Each letter for itself, without the libraries that shape a line.
    return truetype(font_file(bold), _UNITS, layout_engine=Layout.BASIC)
