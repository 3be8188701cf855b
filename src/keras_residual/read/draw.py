"""Draws a residual network: the stream as a spine, the units hanging from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html import escape
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from keras_residual.read import svg
from keras_residual.read.graph import Graph
from keras_residual.read.outline import outline
from keras_residual.read.repeats import Group, Item
from keras_residual.read.units import Unit, units_of

if TYPE_CHECKING:
    from os import PathLike

    import keras

_TOP, _TALLEST = 84, 1000  # pixels: where columns begin, how high one should be


def draw(model: keras.Model, path: str | PathLike[str] | None = None) -> str:
    """Draws a residual network as people think of it.

    The stream is a spine. A unit's branch hangs to the right of it, from the dot where
    it leaves to the sign where it is merged: `+` for a sum, `c` for a concatenation. A
    diamond on the spine is a shortcut that is not the identity. What repeats is drawn
    once, with `×N`; long skips run along the left. The numbers on the left are the
    size of the stream, without the batch.

    The picture follows the reader's light or dark scheme, holds no ids and fetches
    nothing, so it can be put into any page. Set `--kr-paper` there for its background.

    Args:
        model: A Functional or built Sequential model; nested models are opened.
        path: A file to write the picture to, as well; it ends in ".svg".

    Returns:
        The picture as SVG text.

    Raises:
        TypeError: If this is no Keras model.
        ValueError: If the model has no graph, or the file would not be an SVG file.

    Examples:
        >>> import keras
        >>> x = keras.Input((8,))
        >>> model = keras.Model(x, x + keras.layers.Dense(8)(x), name="tiny")
        >>> "<title>tiny: 1 residual unit, 1 identity</title>" in draw(model)
        True
    """
    if path is not None and Path(path).suffix != ".svg":
        msg = f'draw writes SVG, so the file must end in ".svg". Got path={str(path)!r}'
        raise ValueError(msg)
    graph = Graph(model)
    units = units_of(graph)
    picture = _page(model.name, _summary(units), outline(graph, units))
    if path is not None:
        Path(path).write_text(picture, encoding="utf-8")
    return picture


def _summary(units: list[Unit]) -> str:
    if not units:
        return "no residual units"
    kinds = Counter(unit.kind.replace("_", " ") for unit in units).most_common()
    count = f"{len(units)} residual unit{'s' * (len(units) > 1)}"
    return ", ".join([count, *(f"{n} {kind}" for kind, n in kinds)])


@dataclass
class _Column:
    """Where one column stands, and what is drawn in it."""

    x: float
    groups: list[Group]
    lanes: int
    right: float
    parts: list[str] = field(default_factory=list)
    marks: dict[tuple[int | None, str], float] = field(default_factory=dict)
    bottom: float = _TOP

    @property
    def last(self) -> float:
        """Where the stream ends in this column."""
        tail = self.groups[-1].runs[-1].item
        return self.bottom - svg.height(tail) + svg.merge_at(tail)


def _page(name: str, summary: str, groups: list[Group]) -> str:
    columns = _columns(groups)
    shape = ""
    for column in columns:
        shape = _fill(column, shape)
    tall = max(column.bottom for column in columns) + 30
    wide = max(columns[-1].right + 20, 30 + 7 * len(summary))
    spine = [_spine(columns, k) for k in range(len(columns))]
    parts = [part for column in columns for part in (*_skips(column), *column.parts)]
    title = escape(f"{name}: {summary}", quote=True)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="kr-net" role="img" '
            f'aria-label="{title}" width="{wide:g}" height="{tall:g}" '
            f'viewBox="0 0 {wide:g} {tall:g}" style="max-width:100%;height:auto">',
            f"<title>{title}</title>",
            f"<style>{svg.STYLE}</style>",
            *svg.heading(name, summary),
            *spine,
            *parts,
            "</svg>",
        ]
    )


def _columns(groups: list[Group]) -> list[_Column]:
    """Breaks the stream into columns of about one height."""
    sizes = [sum(svg.height(run.item) for run in group.runs) for group in groups]
    count = ceil(sum(sizes) / _TALLEST)
    target = sum(sizes) / count
    found: list[_Column] = []
    x, filled, begin = 20.0, 0.0, 0
    for k, size in enumerate(sizes):
        filled += size
        full = filled + size / 2 >= target and len(found) + 1 < count
        if full or k + 1 == len(groups):
            found.append(_column(x, groups[begin : k + 1]))
            x, filled, begin = found[-1].right + 16, 0.0, k + 1
    return found


def _column(x: float, groups: list[Group]) -> _Column:
    items = [run.item for group in groups for run in group.runs]
    lanes = _lanes(items)
    spine = x + svg.LABELS + 16 + svg.LANE * lanes
    right = spine + max(map(svg.extent, items)) + 62 + max(map(_inset, groups))
    return _Column(spine, groups, lanes, right)


def _inset(group: Group) -> int:
    """Returns how far a group's bracket must step aside for the counts inside it."""
    inside = any(run.times > 1 for run in group.runs)
    return 34 if inside and group.times > 1 else 0


def _fill(column: _Column, shape: str) -> str:
    """Draws the items of a column; returns the shape that the stream ends with."""
    y = float(_TOP)
    edge = column.x - 20 - svg.LANE * column.lanes
    for group in column.groups:
        top = y
        for item, count in ((run.item, run.times) for run in group.runs):
            column.parts += svg.draw_item(item, column.x, y)
            middle = y + svg.merge_at(item)
            if item.arc is not None:
                column.marks[item.arc, item.look] = middle
            if item.shape and item.shape != shape:
                shape = item.shape
                column.parts.append(svg.label(shape, edge, middle, "kr-soft"))
            low = y + svg.height(item)
            column.parts += _repeat([item], count, column.x, y, low)
            y = low
        items = [run.item for run in group.runs]
        column.parts += _repeat(items, group.times, column.x + _inset(group), top, y)
    column.bottom = y
    return shape


def _repeat(
    items: list[Item], count: int, x: float, top: float, low: float
) -> list[str]:
    """Writes how often items are repeated; a bracket holds more than one."""
    if count == 1:
        return []
    x, end = x + max(map(svg.extent, items)) + 8, low - 10
    middle = (top + end) / 2
    if len(items) == 1:
        return [svg.times(count, x, middle - 2 * (items[0].look == "unit"))]
    bracket = [(x - 4, top + 2), (x + 2, top + 2), (x + 2, end), (x - 4, end)]
    return [svg.times(count, x + 8, middle), svg.line(bracket, "kr-wire")]


def _spine(columns: list[_Column], k: int) -> str:
    """Draws the stream through one column and on to the next."""
    column = columns[k]
    if k + 1 == len(columns):
        return svg.line([(column.x, _TOP), (column.x, column.last)], "kr-stream")
    low = max(c.bottom for c in columns) + 12
    gutter, over = column.right, columns[k + 1].x
    return svg.line(
        [
            (column.x, _TOP),
            (column.x, low),
            (gutter, low),
            (gutter, _TOP - 16),
            (over, _TOP - 16),
            (over, _TOP),
        ],
        "kr-stream",
    )


def _lanes(items: list[Item]) -> int:
    """Returns how many long skips run beside each other at most."""
    left = {item.arc for item in items if item.look == "fork"}
    open_: set[int | None] = {item.arc for item in items} - left - {None}
    most = len(open_)
    for item in items:
        if item.look == "fork":
            open_.add(item.arc)
        most = max(most, len(open_))
        if item.look == "join":
            open_.discard(item.arc)
    return most


def _skips(column: _Column) -> list[str]:
    """Draws the long skips; one that lies in two columns ends as a stub."""
    found: list[str] = []
    busy: list[float] = []
    high, low = _TOP - 8.0, column.bottom + 4
    spans = [
        (column.marks.get((arc, "fork"), high), column.marks.get((arc, "join"), low))
        for arc in dict.fromkeys(arc for arc, _ in column.marks)
    ]
    for start, end in sorted(spans, key=lambda span: span[1] - span[0]):
        lane = next((k for k, until in enumerate(busy) if until < start), len(busy))
        busy[lane : lane + 1] = [end]
        x = column.x - 16 - svg.LANE * lane
        points = [(x, start), (x, end)]
        points = points if start == high else [(column.x, start), *points]
        points = points if end == low else [*points, (column.x, end)]
        found.append(svg.line(points, "kr-skip"))
    return found
