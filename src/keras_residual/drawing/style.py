"""How each role looks, in light and in dark."""

from __future__ import annotations

from typing import NamedTuple

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
