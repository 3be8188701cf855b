"""Puts the streams of a model on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt

from keras_residual.drawing.block import BlockMarks, block
from keras_residual.drawing.key import key
from keras_residual.drawing.lettering import fitted
from keras_residual.drawing.outline import Stream
from keras_residual.drawing.pieces import Pen
from keras_residual.drawing.repeats import Group
from keras_residual.drawing.scale import ColourScale, legend
from keras_residual.drawing.sheet import Line, Mark, Sheet, Text, bounds, moved

_TOP, _LEGEND = 84, 30  # pixels: where columns begin, and what a legend adds
_TALL, _WIDE, _ASPECT = 1000, 430, 1.5  # a column, and a page of more than three
_WIDEST = 640  # pixels: a heading
_GAP, _MARGIN = 34, 20


@dataclass
class _Column:
    """Blocks below each other; the first may go on in the next column."""

    blocks: list[tuple[float, BlockMarks]] = field(default_factory=list)
    bottom: float = 0
    goes_on: bool = False

    def add(self, block: BlockMarks) -> None:
        """Puts a block below the others."""
        top = self.bottom + (_GAP if self.blocks else 0)
        self.blocks.append((top, block))
        self.bottom = top + block.bottom

    @property
    def marks(self) -> list[Mark]:
        """What is drawn, with the stream at 0."""
        found: list[Mark] = []
        for top, drawn in self.blocks:
            stream = Line(((0, 0), (0, drawn.last)), "stream")
            found += (moved(mark, 0, top) for mark in (stream, *drawn.marks))
        return found


def page(
    name: str, note: str, streams: Sequence[Stream], scale: ColourScale | None
) -> Sheet:
    """Puts streams on a sheet: the main one first, in columns of about one height.

    Args:
        name: What the model is called.
        note: What is in it, in a few words.
        streams: Its streams.
        scale: The colours of its units; None where they are not measured.

    Returns:
        The sheet.
    """
    top = _TOP + (_LEGEND if scale else 0)
    heading = [
        Text(_MARGIN, 30, fitted(name, _WIDEST, 17, bold=True), "name"),
        Text(_MARGIN, 50, fitted(note, _WIDEST), "soft"),
        *(legend(scale, _MARGIN, 66) if scale else []),
    ]
    columns = _columns(streams, Pen(scale))
    low = max(column.bottom for column in columns) + 12
    marks, x = _side_by_side(columns, top, low)
    wide = max(x, *(bounds(mark)[2] for mark in heading)) + _MARGIN
    tall = top + low + 18
    below = [moved(mark, _MARGIN, tall) for mark in key(marks, wide - 2 * _MARGIN)]
    wide, tall = (
        max([size, *(bounds(mark)[side] + _MARGIN for mark in below)])
        for size, side in ((wide, 2), (tall, 3))
    )
    return Sheet(f"{name}: {note}", ceil(wide), ceil(tall), (*heading, *marks, *below))


def _columns(streams: Sequence[Stream], pen: Pen) -> list[_Column]:
    """Breaks tall streams, and puts short ones below each other."""
    found: list[_Column] = []
    total = sum(_height(group, pen) for stream in streams for group in stream.groups)
    tallest = max(_TALL, sqrt(total * _WIDE / _ASPECT))
    for stream in streams:
        parts = _split(stream.groups, pen, tallest)
        drawn = [
            block(pen, stream, part, k == 0, k + 1 == len(parts))
            for k, part in enumerate(parts)
        ]
        room = max((column.bottom for column in found), default=0)
        beside = found and found[-1] is not found[0] and len(drawn) == 1
        if beside and found[-1].bottom + _GAP + drawn[0].bottom <= room:
            found[-1].add(drawn[0])
            continue
        for k, part in enumerate(drawn):
            found.append(_Column(goes_on=k + 1 < len(drawn)))
            found[-1].add(part)
    return found


def _split(groups: Sequence[Group], pen: Pen, tallest: float) -> list[Sequence[Group]]:
    """Breaks a stream into stretches of about one height."""
    sizes = [_height(group, pen) for group in groups]
    count = ceil(sum(sizes) / tallest)
    target = sum(sizes) / max(count, 1)
    found: list[Sequence[Group]] = []
    filled, begin = 0.0, 0
    for k, size in enumerate(sizes):
        filled += size
        if filled + size / 2 >= target and len(found) + 1 < count:
            found.append(groups[begin : k + 1])
            filled, begin = 0.0, k + 1
    return [*found, groups[begin:]]


def _height(group: Group, pen: Pen) -> float:
    return sum(pen.height(run.item) for run in group.runs)


def _side_by_side(
    columns: Sequence[_Column], top: float, low: float
) -> tuple[list[Mark], float]:
    """Places the columns, and leads a stream from the foot of one to the next."""
    marks: list[Mark] = []
    places: list[float] = []
    right = 0.0
    for column in columns:
        drawn = column.marks
        left = min(bounds(mark)[0] for mark in drawn)
        places.append(right + _MARGIN - left)
        marks += (moved(mark, places[-1], top) for mark in drawn)
        gutter = places[-1] + max(bounds(mark)[2] for mark in drawn) + 16
        right = gutter
    for k, column in enumerate(columns):
        if column.goes_on:
            after = places[k + 1] + min(bounds(m)[0] for m in columns[k + 1].marks)
            marks.insert(0, _bridge(places[k], after - 12, places[k + 1], top, low))
    return marks, right - 16


def _bridge(x: float, gutter: float, over: float, top: float, low: float) -> Line:
    down, up = (x, top + low), (gutter, top + low)
    turn, there = (gutter, top - 16), (over, top - 16)
    return Line(((x, top), down, up, turn, there, (over, top)), "stream")
