"""One thing on the stream, as marks around the point where it begins."""

from __future__ import annotations

from keras_residual.drawing.lettering import fitted, lettered, width, wrapped
from keras_residual.drawing.repeats import Item
from keras_residual.drawing.scale import ColourScale, strip
from keras_residual.drawing.sheet import Box, Disc, Line, Mark, Point, Shape, Text

BOX = 236  # pixels: how wide a branch is
_ROOM, _BESIDE = BOX - 20, 116  # pixels for a text in a box, and beside a shortcut
_ASIDE = 320  # pixels for a text beside the stream
_LINE, _STRIP, _CELL = 16, 14, 64  # pixels: a line, a strip of colours, a join's


class Pen:
    """Draws items, with the colours of a scale where there is one."""

    def __init__(self, scale: ColourScale | None = None):
        self._scale = scale
        self._broken: dict[int | None, str] = {}

    def letter_of(self, arc: int | None) -> str:
        """Returns the letter of a long skip that goes on in another column."""
        return self._broken.setdefault(arc, lettered(len(self._broken)).lower())

    def height(self, item: Item) -> float:
        """Returns how high an item is, its distance to the next included."""
        fixed = {"fork": 12, "join": 34, "tag": 22}
        if item.look in fixed:
            return fixed[item.look]
        if item.look == "unit":
            labels = 14 * len(labels_of(item)) + 12
            return max(self._box_height(item), labels) + 56
        return self._box_height(item) + 10

    def merge_at(self, item: Item) -> float:
        """Returns how far below an item's top its merge, or else its middle, is."""
        if item.look == "unit":
            return self.height(item) - 24
        fixed = {"join": 14, "fork": 6, "tag": 8}
        return fixed.get(item.look, (self.height(item) - 10) / 2)

    def extent(self, item: Item) -> float:
        """Returns how far right of the stream an item reaches."""
        if item.look == "unit":
            values = self._values(item)
            return 30 + BOX + (8 + width(values) if values else 0)
        return max((width(row) for row in _rows(item)), default=0) + 13

    def draw(self, item: Item, y: float) -> list[Mark]:
        """Draws one item with the stream at 0, its top at `y`."""
        if item.look == "unit":
            return self._unit(item, y)
        if item.look == "fork":
            return [Disc(0, y + 6, 4.5, "dot")]
        if item.look == "tag":
            wire = Line(((0, y + 8), (16, y + 8)), "wire")
            letters = fitted(item.text[0][0], BOX)
            return [wire, Disc(0, y + 8, 4.5, "dot"), Text(20, y + 12, letters, "goal")]
        if item.look == "join":
            return self._join(item, y)
        box = Box(-13, y, self.extent(item) + 13, self._box_height(item))
        return [box, *_texts(_rows(item), -1, y)]

    def _unit(self, item: Item, y: float) -> list[Mark]:
        left, top, end = 30.0, y + 16, y + self.merge_at(item)
        low, out = top + self._box_height(item), left + 24
        found: list[Mark] = [
            Line(((0, y + 4), (out, y + 4), (out, top)), "wire"),
            Line(((out, low), (out, end), (11, end)), "wire"),
            Shape(((10, end), (17, end - 4), (17, end + 4)), "dot"),
            Box(left, top, BOX, low - top, units=item.units),
            *self._colours(item, left + 10, top + 8, BOX - 20),
            *_branches(item, left, top + self._strip(item)),
            Disc(0, y + 4, 4.5, "dot"),
            *_carried(item, (top + end - 16) / 2),
            *_merge(item, end),
        ]
        if values := self._values(item):
            found.append(Text(left + BOX + 8, top + 16, values, "soft"))
        if item.carried == ("?",):
            found.insert(0, Line(((0, y + 10), (0, end - 12)), "gap"))
        return found

    def _join(self, item: Item, y: float) -> list[Mark]:
        x = 18.0
        found = _merge(item, y + 14)
        if self._scale and item.units:
            values = self._values(item)
            found += self._colours(item, x, y + 10, _CELL)
            found.append(Text(x + _CELL + 6, y + 18, values, "soft"))
            x += _CELL + 18 + width(values)
        beside = fitted(" ".join(labels_of(item)), _ASIDE)
        return [*found, Text(x, y + 18, beside, "turn")] if beside else found

    def _colours(self, item: Item, x: float, y: float, wide: float) -> list[Mark]:
        if self._scale is None or not item.units:
            return []
        return strip(self._scale.colours(item.units), x, y, wide)

    def _values(self, item: Item) -> str:
        return self._scale.told(item.units) if self._scale and item.units else ""

    def _strip(self, item: Item) -> float:
        return _STRIP if self._scale and item.look == "unit" else 0

    def _box_height(self, item: Item) -> float:
        rows, boxes = len(_rows(item)), max(len(item.text), 1)
        return _LINE * rows + 10 * boxes + self._strip(item)


def labels_of(item: Item) -> list[str]:
    """Returns what stands beside the shortcut, a line each."""
    if item.carried == ("?",):
        return ["undecidable"]
    return [row for text in item.carried for row in wrapped(text, _BESIDE)]


def _branches(item: Item, x: float, y: float) -> list[Mark]:
    found: list[Mark] = []
    for k, branch in enumerate(item.text):
        rows = _wrapped(branch) or ["nothing"]
        if k:
            found.append(Line(((x, y), (x + BOX, y)), "wire"))
        found += _texts(rows, x + 10, y)
        y += _LINE * len(rows) + 10
    return found


def _carried(item: Item, y: float) -> list[Mark]:
    rows = labels_of(item)
    if not rows:
        return []
    first = y + 4 - 7 * (len(rows) - 1)
    diamond: tuple[Point, ...] = ((0, y - 8), (8, y), (0, y + 8), (-8, y))
    told = (Text(-14, first + 14 * k, r, "turn", "end") for k, r in enumerate(rows))
    return [Shape(diamond, "turn"), *told]


def _merge(item: Item, y: float) -> list[Mark]:
    found: list[Mark] = [
        Disc(0, y, 9, "merge", item.units if item.look == "join" else ()),
        Text(0, y + 5, item.sign, "sign", "middle"),
    ]
    if item.after:
        after = fitted(f"then {item.after}", BOX)
        found.append(Text(14, y + 18, after, "soft"))
    return found


def _rows(item: Item) -> list[str]:
    return [row for branch in item.text for row in _wrapped(branch) or ["nothing"]]


def _wrapped(branch: tuple[str, ...]) -> list[str]:
    return [row for text in branch for row in wrapped(text, _ROOM)]


def _texts(rows: list[str], x: float, y: float) -> list[Mark]:
    return [Text(x, y + 17 + _LINE * k, row) for k, row in enumerate(rows)]
