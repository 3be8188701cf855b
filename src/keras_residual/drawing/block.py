"""A stretch of one stream, as marks around the point where it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keras_residual.drawing.lettering import fitted, width
from keras_residual.drawing.outline import Stream
from keras_residual.drawing.pieces import Pen, labels_of
from keras_residual.drawing.repeats import Group, Item
from keras_residual.drawing.sheet import TEXTS, Disc, Line, Mark, Point, Shape, Text

LANE = 12  # pixels between long skips
_HEAD, _FOOT = 34, 26  # pixels: a letter above a stream, what it runs into below
_COUNT = TEXTS["times"].size
_LABEL = 160  # pixels that a size may take


@dataclass(frozen=True)
class BlockMarks:
    """A stretch of a stream.

    Args:
        marks: What is drawn; the stream is at 0, and begins at the top, at 0.
        last: How far down the stream goes.
        bottom: How far down it may reach.
    """

    marks: tuple[Mark, ...]
    last: float
    bottom: float


def block(
    pen: Pen, stream: Stream, groups: Sequence[Group], first: bool, last: bool
) -> BlockMarks:
    """Draws a stretch of a stream.

    Args:
        pen: What draws an item.
        stream: The stream.
        groups: What stands on this stretch of it.
        first: Whether the stream begins here.
        last: Whether it ends here.

    Returns:
        The stretch.
    """
    drawing = _Drawing(pen, [run.item for group in groups for run in group.runs])
    if first and stream.letter:
        drawing.head(stream)
    for group in groups:
        drawing.group(group)
    drawing.left()
    if last and stream.goal:
        drawing.foot(stream.goal)
    return BlockMarks(tuple(drawing.marks), drawing.last, drawing.y)


class _Drawing:
    def __init__(self, pen: Pen, items: list[Item]):
        self._pen = pen
        self._marks_of: dict[tuple[int | None, str], float] = {}
        self._shape = ""
        self._beside = max((_beside(item) for item in items), default=0)
        self._sizes: list[tuple[int, float, str]] = []
        self.marks: list[Mark] = []
        self.y = self.last = self._top = 0.0

    def head(self, stream: Stream) -> None:
        """Draws the letter of a stream, and where it comes from."""
        self.marks.append(Disc(0, 10, 10, "tag"))
        self.marks.append(Text(0, 14, stream.letter, "letter", "middle"))
        x = 18.0
        if stream.times > 1:
            self.marks.append(Text(x, 15, _times(stream.times), "times"))
            x += width(_times(stream.times), _COUNT, bold=True) + 8
        if stream.origin:
            self.marks.append(Text(x, 14, fitted(stream.origin, 240), "soft"))
        self.y = self._top = _HEAD

    def foot(self, goal: str) -> None:
        """Draws what a stream runs into."""
        low = max(self.last + 16, self.y + 2)
        tip = ((0.0, low + 7), (-5.0, low), (5.0, low))
        self.marks.insert(0, Line(((0, self.last), (0, low)), "stream"))
        self.marks.append(Shape(tip, "dot"))
        self.marks.append(Text(12, low + 6, fitted(goal, 240), "goal"))
        self.y = low + _FOOT

    def group(self, group: Group) -> None:
        """Draws runs, and how often they are repeated."""
        top = self.y
        for run in group.runs:
            above = self.y
            self._item(run.item)
            self._repeat([run.item], _times(run.times, run.shared), 0, above)
        items = [run.item for run in group.runs]
        counts = [_times(run.times, run.shared) for run in group.runs]
        wide = [width(count, _COUNT, bold=True) + 12 for count in counts if count]
        self._repeat(
            items, _times(group.times, group.shared), max(wide, default=0), top
        )

    def _item(self, item: Item) -> None:
        self.marks += self._pen.draw(item, self.y)
        middle = self.y + self._pen.merge_at(item)
        if item.arc is not None:
            self._marks_of[item.arc, item.look] = middle
        if item.shape and item.shape != self._shape:
            self._shape = item.shape
            told = fitted(item.shape, _LABEL)
            self._sizes.append((len(self.marks), middle + 4, told))
        self.last = middle
        self.y += self._pen.height(item)

    def _repeat(self, items: list[Item], told: str, inset: float, top: float) -> None:
        """Writes how often items are repeated; a bracket holds more than one."""
        if not told:
            return
        x, end = inset + max(map(self._pen.extent, items)) + 8, self.y - 10
        middle = (top + end) / 2 + 5
        if len(items) > 1:
            hook = ((x - 4, top + 2), (x + 2, top + 2), (x + 2, end), (x - 4, end))
            self.marks.append(Line(hook, "wire"))
            self.marks.append(Text(x + 8, middle, told, "times"))
            return
        lift = 2 if items[0].look == "unit" else 0
        self.marks.append(Text(x, middle - lift, told, "times"))

    def left(self) -> None:
        """Draws the long skips, and left of them the sizes of the stream."""
        skips, lanes = self._skips()
        x = -20 - (self._beside + LANE * lanes if lanes else 0)
        for place, y, told in reversed(self._sizes):
            self.marks.insert(place, Text(x, y, told, "soft", "end"))
        self.marks = [*skips, *self.marks]

    def _skips(self) -> tuple[list[Mark], int]:
        """Draws the long skips, and counts how many run beside each other.

        One that lies in two stretches ends as a stub, with a letter in both.
        """
        found: list[Mark] = []
        busy: list[float] = []
        at = self._marks_of
        high, low = self._top + 4.0, self.y + 4
        spans = [
            (at.get((arc, "fork"), high), at.get((arc, "join"), low), arc)
            for arc in dict.fromkeys(arc for arc, _ in at)
        ]
        for start, end, arc in sorted(spans, key=lambda span: span[1] - span[0]):
            lane = next((k for k, until in enumerate(busy) if until < start), len(busy))
            busy[lane : lane + 1] = [end]
            x = -20 - self._beside - LANE * lane
            points: list[Point] = [(x, start), (x, end)]
            points = points if start == high else [(0, start), *points]
            points = points if end == low else [*points, (0, end)]
            found.append(Line(tuple(points), "skip"))
            ends = [high - 4] * (start == high) + [low + 11] * (end == low)
            for y in ends:
                found.append(Text(x, y, self._pen.letter_of(arc), "broken", "middle"))
        return found, len(busy)


def _times(count: int, shared: bool = False) -> str:
    """Says how often something is there; nothing where that is once."""
    return f"×{count}{' shared' * shared}" if count > 1 else ""


def _beside(item: Item) -> float:
    """Returns how far left of the stream the labels of a shortcut reach."""
    rows = labels_of(item) if item.look == "unit" else []
    return max((width(row) for row in rows), default=0)
