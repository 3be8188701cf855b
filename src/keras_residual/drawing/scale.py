"""Colours for a measure of the units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.common.extras import extra
from keras_residual.common.wording import listed
from keras_residual.drawing.lettering import fitted, width
from keras_residual.drawing.sheet import Box, Line, Mark, Text

_TALL, _BAR, _STEPS = 8, 160, 64  # of a strip; of the legend, in pixels and in colours


@dataclass(frozen=True)
class ColourScale:
    """What was measured, and the colours from the smallest value to the largest.

    Viridis: its lightness rises evenly, so it keeps its order for every eye, and in
    grey print.

    Args:
        name: What was measured.
        values: A finite number for each unit that has one.
        missing: Whether some unit has none.
    """

    name: str
    values: dict[str, float]
    missing: bool

    @property
    def low(self) -> float:
        """The smallest value."""
        return min(self.values.values())

    @property
    def high(self) -> float:
        """The largest value."""
        return max(self.values.values())

    def colours(self, units: Sequence[str]) -> list[str]:
        """Returns the colour of each unit; none for one without a value."""
        span = self.high - self.low
        found = []
        for path in units:
            value = self.values.get(path)
            at = (value - self.low) / span if value is not None and span else 0.5
            found.append("" if value is None else viridis(at))
        return found

    def told(self, units: Sequence[str]) -> str:
        """Says the value of one unit, or the smallest and largest of several."""
        values = [self.values[path] for path in units if path in self.values]
        if not values:
            return "no value"
        ends = [f"{end:.3g}" for end in (min(values), max(values))]
        return ends[0] if ends[0] == ends[1] else " – ".join(ends)


def scale_of(colour: Any, measure: str, units: Sequence[str]) -> ColourScale:
    """Makes a scale of what a user gives.

    Args:
        colour: A mapping from unit paths to numbers, or an object whose `to_dict()` is
            one, such as a pandas Series.
        measure: What was measured; "" takes the object's `name`.
        units: The paths of the units of the model.

    Returns:
        The scale.

    Raises:
        KindError: If there is no mapping, or a value is no number.
        ResidualError: If it names a unit that the model lacks, or has no finite value.
    """
    given = colour.to_dict() if hasattr(colour, "to_dict") else colour
    if not isinstance(given, Mapping) or not all(map(_is_number, given.values())):
        raise _no_numbers(given)
    known = set(units)
    strangers = [path for path in given if path not in known]
    values = {path: float(v) for path, v in given.items() if v is not None}
    values = {path: value for path, value in values.items() if isfinite(value)}
    if strangers or not values:
        raise _no_match(strangers, units)
    name = measure or str(getattr(colour, "name", None) or "")
    return ColourScale(name, values, len(values) < len(units))


def strip(colours: Sequence[str], x: float, y: float, wide: float) -> list[Mark]:
    """Draws a cell for each colour, side by side; a hatched one where there is none."""
    each = wide / len(colours)
    found: list[Mark] = []
    for k, colour in enumerate(colours):
        left = x + k * each
        if colour:
            found.append(Box(left, y, each, _TALL, "cell", colour))
        else:
            found += _hatched(left, y, each)
    return found


def legend(scale: ColourScale, x: float, y: float) -> list[Mark]:
    """Draws the bar that tells which colour is which value."""
    found: list[Mark] = []
    if scale.name:
        name = fitted(scale.name, 200)
        found.append(Text(x, y + 8, name))
        x += width(name) + 10
    low, high = f"{scale.low:.3g}", f"{scale.high:.3g}"
    found.append(Text(x, y + 8, low, "soft"))
    x += width(low) + 6
    if low != high:
        steps = [viridis(k / (_STEPS - 1)) for k in range(_STEPS)]
        found += strip(steps, x, y, _BAR)
        found.append(Text(x + _BAR + 6, y + 8, high, "soft"))
        x += _BAR + 6 + width(high) + 16
    else:
        found += strip([viridis(0.5)], x, y, 16)
        x += 32
    if scale.missing:
        found += [*_hatched(x, y, 16), Text(x + 22, y + 8, "no value", "soft")]
    return found


def viridis(at: float) -> str:
    """Returns the colour at a point between 0 and 1."""
    with extra("report", "A picture"):
        import matplotlib as mpl
        from matplotlib.colors import to_hex

    return to_hex(mpl.colormaps["viridis"](at))


def _hatched(x: float, y: float, wide: float) -> list[Mark]:
    found: list[Mark] = [Box(x, y, wide, _TALL, "missing")]
    starts = range(0, int(wide - _TALL) + 1, 6)
    for start in starts:
        left = x + start
        found.append(Line(((left, y + _TALL), (left + _TALL, y)), "hatch"))
    return found


def _is_number(value: Any) -> bool:
    if value is None:
        return True
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, str)


def _no_numbers(given: Any) -> KindError:
    return KindError(
        "draw: colour= gives no numbers to colour units by.",
        given=f"{type(given).__name__}: {given!r:.80}",
        needed="It needs a number for the path of each unit.",
        write='kr.draw(model, colour={"stage1_block1_add": 0.3})',
    )


def _no_match(strangers: list, units: Sequence[str]) -> ResidualError:
    wrong = "has no finite value"
    if strangers:
        wrong = f"names {strangers[0]!r}, which is no unit of this model"
    known = listed(map(repr, units), 2)
    return ResidualError(
        "draw: colour= does not fit the model.",
        given={
            "colour": wrong,
            "model": f"has {known}" if units else "has no residual units",
        },
        needed="It needs a number for the path of a unit.",
        write="{unit.path: 0.5 for unit in kr.find_residuals(model)}",
    )
