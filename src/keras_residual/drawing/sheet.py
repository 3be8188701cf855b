"""A picture as data: marks with coordinates and roles, for any painter.

Coordinates are CSS pixels, y downwards. A role says what a mark is; `style.py` says how
that looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keras_residual.drawing.lettering import width
from keras_residual.drawing.style import TEXTS

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """Straight lines from point to point."""

    points: tuple[Point, ...]
    role: str


@dataclass(frozen=True)
class Shape:
    """A filled polygon."""

    points: tuple[Point, ...]
    role: str


@dataclass(frozen=True)
class Disc:
    """A disc around a point; `units` are the paths of those that it stands for."""

    x: float
    y: float
    radius: float
    role: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A rectangle; `fill` is a colour such as "#440154" where the role has none.

    `units` are the paths of those that it stands for.
    """

    x: float
    y: float
    width: float
    height: float
    role: str = "box"
    fill: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """A line of text; `y` is its baseline, and `anchor` says which end `x` is."""

    x: float
    y: float
    text: str
    role: str = "text"
    anchor: str = "start"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom that the letters may reach."""
        look = TEXTS[self.role]
        wide = width(self.text, look.size, look.bold)
        left = self.x - {"start": 0, "middle": wide / 2, "end": wide}[self.anchor]
        return left, self.y - 0.8 * look.size, left + wide, self.y + 0.25 * look.size


Mark = Line | Shape | Disc | Box | Text


@dataclass(frozen=True)
class Sheet:
    """A whole picture.

    Args:
        title: What it shows, in a sentence.
        width: In CSS pixels.
        height: In CSS pixels.
        marks: What is painted, from back to front.
    """

    title: str
    width: float
    height: float
    marks: tuple[Mark, ...]


def moved(mark: Mark, x: float, y: float) -> Mark:
    """Returns a mark elsewhere."""
    if isinstance(mark, Text | Box | Disc):
        return replace(mark, x=mark.x + x, y=mark.y + y)
    return replace(mark, points=tuple((a + x, b + y) for a, b in mark.points))


def bounds(mark: Mark) -> tuple[float, float, float, float]:
    """Returns the left, top, right and bottom that a mark reaches, without its edge."""
    if isinstance(mark, Text):
        return mark.bounds
    if isinstance(mark, Box):
        return mark.x, mark.y, mark.x + mark.width, mark.y + mark.height
    if isinstance(mark, Disc):
        r = mark.radius
        return mark.x - r, mark.y - r, mark.x + r, mark.y + r
    xs, ys = zip(*mark.points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
