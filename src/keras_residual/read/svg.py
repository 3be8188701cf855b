"""The pieces of a picture of a residual network, as SVG text."""

from __future__ import annotations

from html import escape

from keras_residual.read.repeats import Item
from keras_residual.read.words import wrapped

LABELS, LANE, BOX = 118, 12, 236  # widths of the labels, a long skip's lane and a box
_LINE, _CHARACTER = 16, 6.5  # height of a line, width of a character at 11.5 px
_WIDE, _NARROW = 36, 18  # characters in a box and in a label

STYLE = """
.kr-net{color:#1f2937;background:var(--kr-paper,#fff);--kr-stream:#2563eb;
--kr-turn:#b45309;--kr-box:#f1f5f9;--kr-edge:#94a3b8;--kr-soft:#64748b}
@media (prefers-color-scheme:dark){.kr-net{color:#e5e7eb;
background:var(--kr-paper,#0d1117);--kr-stream:#60a5fa;--kr-turn:#fbbf24;
--kr-box:#1b2432;--kr-edge:#475569;--kr-soft:#94a3b8}}
.kr-net text{font:11.5px ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif;
fill:currentColor}
.kr-net .kr-name{font-size:17px;font-weight:600}
.kr-net .kr-soft{fill:var(--kr-soft)}
.kr-net .kr-times{font-size:15px;font-weight:700;fill:var(--kr-stream)}
.kr-net .kr-turn{fill:var(--kr-turn)}
.kr-net .kr-sign{font-size:14px;font-weight:700;text-anchor:middle;
fill:var(--kr-stream)}
.kr-net .kr-end{text-anchor:end}
.kr-net .kr-stream{stroke:var(--kr-stream);stroke-width:3;fill:none;
stroke-linejoin:round}
.kr-net .kr-gap{stroke:var(--kr-paper,#fff);stroke-dasharray:5 4}
.kr-net .kr-wire{stroke:var(--kr-edge);stroke-width:1.5;fill:none}
.kr-net .kr-skip{stroke:var(--kr-stream);stroke-width:2;fill:none}
.kr-net .kr-box{fill:var(--kr-box);stroke:var(--kr-edge)}
.kr-net .kr-dot{fill:var(--kr-stream)}
.kr-net .kr-merge{fill:var(--kr-box);stroke:var(--kr-stream);stroke-width:2}
@media (prefers-color-scheme:dark){.kr-net .kr-gap{stroke:var(--kr-paper,#0d1117)}}
""".replace("\n", "")


def height(item: Item) -> int:
    """Returns how many pixels high an item is, its distance to the next included."""
    if item.look == "fork":
        return 12
    if item.look == "join":
        return 34
    if item.look == "unit":
        labels = 14 * len(_labels(item.carried)) + 12
        return max(_box_height(item), labels) + 56
    return _box_height(item) + 10


def merge_at(item: Item) -> int:
    """Returns how far below an item's top its merge, or else its middle, is."""
    if item.look == "unit":
        return height(item) - 24
    fixed = {"join": 14, "fork": 6}
    return fixed.get(item.look, (height(item) - 10) // 2)


def draw_item(item: Item, x: float, y: float) -> list[str]:
    """Draws one item with the stream at `x`, its top at `y`."""
    if item.look == "unit":
        return _unit(item, x, y)
    if item.look == "fork":
        return [_circle(x, y + 6, 4.5, "kr-dot")]
    if item.look == "join":
        beside = " ".join(_labels(item.carried))
        note = [_text(x + 18, y + 18, beside, "kr-turn")] if beside else []
        return [*_merge(item, x, y + 14), *note]
    box = _rect(x - 13, y, extent(item) + 13, _box_height(item))
    return [box, *_texts(_rows(item), x - 1, y)]


def extent(item: Item) -> float:
    """Returns how far right of the stream an item reaches."""
    if item.look == "unit":
        return 30 + BOX
    return max((len(row) for row in _rows(item)), default=0) * _CHARACTER + 13


def label(text: str, x: float, y: float, style: str) -> str:
    """Writes a label that ends at `x`."""
    return _text(x, y + 4, text, f"{style} kr-end")


def times(count: int, x: float, y: float) -> str:
    """Writes how often something is repeated."""
    return _text(x, y + 5, f"×{count}", "kr-times")


def line(points: list[tuple[float, float]], style: str) -> str:
    """Draws straight lines from point to point."""
    path = "L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="{style}" d="M{path}"/>'


def heading(name: str, note: str) -> list[str]:
    """Writes the name of the network, and what it has, above the picture."""
    return [_text(20, 30, name, "kr-name"), _text(20, 50, note, "kr-soft")]


def _unit(item: Item, x: float, y: float) -> list[str]:
    left, top, end = x + 30, y + 16, y + merge_at(item)
    tall = _box_height(item)
    out = left + 24
    found = [
        line([(x, y + 4), (out, y + 4), (out, top)], "kr-wire"),
        line([(out, top + tall), (out, end), (x + 11, end)], "kr-wire"),
        f'<path class="kr-dot" d="M{x + 10:g} {end:g}l7 -4v8z"/>',
        _rect(left, top, BOX, tall),
        *_branches(item, left + 10, top),
        _circle(x, y + 4, 4.5, "kr-dot"),
        *_carried(item, x, (top + end - 16) / 2),
        *_merge(item, x, end),
    ]
    if item.carried == ("?",):
        found.insert(0, line([(x, y + 10), (x, end - 12)], "kr-stream kr-gap"))
    return found


def _branches(item: Item, x: float, y: float) -> list[str]:
    found: list[str] = []
    for k, branch in enumerate(item.text):
        rows = _wrapped(branch) or ["nothing"]
        if k:
            found.append(line([(x - 10, y), (x - 10 + BOX, y)], "kr-wire"))
        found += _texts(rows, x, y)
        y += _LINE * len(rows) + 10
    return found


def _carried(item: Item, x: float, y: float) -> list[str]:
    rows = _labels(item.carried)
    if not rows:
        return []
    first = y - 7 * (len(rows) - 1)
    diamond = f'<path class="kr-turn" d="M{x:g} {y - 8:g}l8 8l-8 8l-8 -8z"/>'
    return [
        diamond,
        *(label(row, x - 14, first + 14 * k, "kr-turn") for k, row in enumerate(rows)),
    ]


def _merge(item: Item, x: float, y: float) -> list[str]:
    found = [_circle(x, y, 9, "kr-merge"), _text(x, y + 5, item.sign, "kr-sign")]
    if item.after:
        found.append(_text(x + 14, y + 18, f"then {item.after}", "kr-soft"))
    return found


def _labels(carried: tuple[str, ...]) -> list[str]:
    if carried == ("?",):
        return ["undecidable"]
    return [row for text in carried for row in wrapped(text, _NARROW)]


def _rows(item: Item) -> list[str]:
    return [row for branch in item.text for row in _wrapped(branch) or ["nothing"]]


def _wrapped(branch: tuple[str, ...]) -> list[str]:
    return [row for text in branch for row in wrapped(text, _WIDE)]


def _box_height(item: Item) -> int:
    return _LINE * len(_rows(item)) + 10 * max(len(item.text), 1)


def _texts(rows: list[str], x: float, y: float) -> list[str]:
    return [_text(x, y + 17 + _LINE * k, row, "") for k, row in enumerate(rows)]


def _text(x: float, y: float, text: str, style: str) -> str:
    mark = f' class="{style}"' if style else ""
    return f'<text x="{x:g}" y="{y:g}"{mark}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, tall: float) -> str:
    return (
        f'<rect class="kr-box" x="{x:g}" y="{y:g}" width="{width:g}" '
        f'height="{tall:g}" rx="6"/>'
    )


def _circle(x: float, y: float, radius: float, style: str) -> str:
    return f'<circle class="{style}" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'
