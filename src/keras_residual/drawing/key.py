"""A small legend: what the marks mean that occur in a picture, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from keras_residual.drawing.lettering import width
from keras_residual.drawing.sheet import Disc, Line, Mark, Shape, Text, bounds, moved

_SIGNS = {
    "+": "sum",
    "c": "concatenation",
    "−": "difference",
    "ø": "average",
    "G": "gate of a recurrent unit (GRU): what of the stream is kept, and updated",
    "≡": "written into each lane",
    "Σ": "all changes so far, weighted",
}
_WORDS = {
    r"open (\d+) lanes": "{} copies of the stream, one a lane",
    r"cut into (\d+) lanes": "the channels in {} parts, one a lane",
    r"│()": "side by side",
    r"/(\d+)": "stride {}",
    r"↑(\d+)": "{} times as large",
}
_ROW, _GAP = 24, 18  # pixels: a row, and between two entries


def key(marks: Sequence[Mark], room: float) -> list[Mark]:
    """Returns the legend of a picture, from its upper left corner at 0.

    Args:
        marks: What is in the picture.
        room: How wide the legend may be, in pixels.
    """
    found: list[Mark] = []
    x = y = 0.0
    for sign, said in _entries(marks):
        left = min(bounds(mark)[0] for mark in sign)
        right = max(bounds(mark)[2] for mark in sign)
        wide = right - left + 6 + width(said)
        if x and x + wide > room:
            x, y = 0.0, y + _ROW
        found += (moved(mark, x - left, y) for mark in sign)
        found.append(Text(x + right - left + 6, y + 14, said, "key"))
        x += wide + _GAP
    return found


_Entry = tuple[list[Mark], str]


def _entries(marks: Sequence[Mark]) -> Iterator[_Entry]:
    """Yields the marks that stand for a meaning, and the meaning."""
    texts = [mark for mark in marks if isinstance(mark, Text)]
    signs = dict.fromkeys(text.text for text in texts if text.role == "sign")
    for sign in filter(_SIGNS.__contains__, signs):
        disc, letter = Disc(9, 10, 9, "merge"), Text(9, 15, sign, "sign", "middle")
        yield [disc, letter], _SIGNS[sign]
    there = {mark.role for mark in marks}
    shapes = {mark.role for mark in marks if isinstance(mark, Shape)}
    if "turn" in shapes:
        diamond = Shape(((8, 2), (16, 10), (8, 18), (0, 10)), "turn")
        yield [diamond], "the shortcut changes the stream"
    yield from (entry for role, entry in _BY_ROLE.items() if role in there)
    if any(text.role == "times" and text.text.endswith("shared") for text in texts):
        yield [Text(0, 15, "shared", "times")], "the same weights each time"
    told = " ".join(text.text for text in texts if text.role == "text")
    for pattern, said in _WORDS.items():
        if seen := re.search(pattern, told):
            yield [Text(0, 14, seen[0], "key")], said.format(seen[1])


_BY_ROLE: dict[str, _Entry] = {
    "times": ([Text(0, 15, "×N", "times")], "N alike, one after the other"),
    "skip": ([Line(((0, 10), (18, 10)), "skip")], "long skip"),
    "broken": ([Text(0, 14, "a", "broken")], "it goes on at the other a"),
    "letter": (
        [Disc(10, 10, 10, "tag"), Text(10, 14, "A", "letter", "middle")],
        "a stream, which leaves or is read at A",
    ),
}
