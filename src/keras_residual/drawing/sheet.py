"""A picture as data: marks with coordinates and roles, and how each role looks.

Coordinates are CSS pixels, y downwards. Any painter can paint it, in light and in dark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from keras_residual.drawing.lettering import width

LIGHT = {
    "ink": "#1f2937",
    "sheet": "#ffffff",
    "stream": "#2563eb",
    "turn": "#b45309",
    "box": "#f1f5f9",
    "edge": "#94a3b8",
    "soft": "#64748b",
}
DARK = {
    "ink": "#e5e7eb",
    "sheet": "#0d1117",
    "stream": "#60a5fa",
    "turn": "#fbbf24",
    "box": "#1b2432",
    "edge": "#475569",
    "soft": "#94a3b8",
}


class Letters(NamedTuple):
    """The size of a text in CSS pixels, its colour, and whether it is bold."""

    size: float
    colour: str
    bold: bool = False


class Stroke(NamedTuple):
    """The width of a line, its colour, and whether it is dashed."""

    width: float
    colour: str
    dashed: bool = False


class Area(NamedTuple):
    """What an area is filled with, and its outline."""

    fill: str
    edge: str = ""
    width: float = 1
    round: float = 0


TEXTS = {
    "text": Letters(11.5, "ink"),
    "name": Letters(17, "ink", bold=True),
    "soft": Letters(11.5, "soft"),
    "times": Letters(15, "stream", bold=True),
    "turn": Letters(11.5, "turn"),
    "sign": Letters(14, "stream", bold=True),
    "goal": Letters(11.5, "stream"),
    "broken": Letters(11.5, "stream"),
    "key": Letters(11.5, "soft"),
    "letter": Letters(11.5, "sheet", bold=True),
}
LINES = {
    "stream": Stroke(3, "stream"),
    "gap": Stroke(3, "sheet", dashed=True),
    "wire": Stroke(1.5, "edge"),
    "skip": Stroke(2, "stream"),
    "hatch": Stroke(1, "edge"),
}
AREAS = {
    "box": Area("box", "edge", round=6),
    "cell": Area(""),
    "missing": Area("box", "edge"),
    "dot": Area("stream"),
    "tag": Area("stream"),
    "turn": Area("turn"),
    "merge": Area("box", "stream", width=2),
}


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
