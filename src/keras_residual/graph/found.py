"""What `find_residuals` found, as a list that shows itself."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from keras_residual.common.shown import Shown
from keras_residual.graph.units import Unit


class Units(Shown, list[Unit]):
    """The residual units of a model, and what was not looked into.

    Args:
        units: The units.
        closed: The paths of the layers that hold layers and have no graph.
    """

    def __init__(self, units: list[Unit], closed: tuple[str, ...]) -> None:
        super().__init__(units)
        self.closed = closed

    def __repr__(self) -> str:
        return str(self) if self or self.closed else "[]"

    def __rich__(self) -> Table | Text:
        told = f"not looked into: {', '.join(self.closed)}" if self.closed else ""
        if not self:
            return Text("; ".join(filter(None, ("no residual units", told))))
        made = Table(caption=escape(told) or None, caption_justify="left", box=None)
        for name in ("unit", "joined by", "shortcut", "from"):
            made.add_column(name, overflow="fold")
        for name in ("channels", "stride"):
            made.add_column(name, justify="right")
        for unit in self:
            made.add_row(*map(escape, _cells(unit)))
        return made


def _cells(unit: Unit) -> list[str]:
    channels = "?" if unit.channels is None else str(unit.channels)
    words = [unit.path, unit.form, unit.kind, unit.entry.path]
    return [*words, channels, f"{unit.stride:g}"]
