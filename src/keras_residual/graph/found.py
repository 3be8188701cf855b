"""What `find_residuals` finds: a unit, and a list of them, which show themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from keras_residual.common.shown import Shown
from keras_residual.graph.graph import Graph, Op

_END = 4  # operations that a long path is shown by, at either end


@dataclass(frozen=True)
class Unit(Shown):
    """One residual unit: paths that part at a point and are merged again.

    Args:
        path: The name of its merge, after the names of the nested models that the
            merge lies in.
        entry: The operation whose output enters all paths.
        merge: The operation that joins them.
        form: How they are joined: `"add"`, `"subtract"`, `"average"`, `"maximum"`,
            `"minimum"` or `"concatenate"`; `"streams"` where a branch writes into
            several lanes, `"history"` where what branches made is weighted anew.
        kind: What the shortcut is: `"identity"`, `"projection"`,
            `"pooled_projection"`, `"pooled"`, `"padded"`, `"scaled"`, `"normalised"`,
            `"activated"`, `"dropped"`, `"gated"`, `"sliced"`, `"upsampled"`,
            `"reshaped"`, `"other"`, or `"undecidable"`. Of a connection of streams also
            `"mixed"`, `"moved"`, or `"history"`.
        shortcut: The operations on the shortcut, in order; None where undecidable.
        after: The activations and norms that alone read the merged stream.
        stride: How many times finer the positions of the entry are than those of the
            merge; 0.5 where the unit doubles them.
        channels: How many channels leave the merge.
        graph: The graph that it was found in.
        ends: The indices of the operations that the branches end in.
    """

    path: str
    entry: Op = field(repr=False)
    merge: Op = field(repr=False)
    form: str
    kind: str
    shortcut: tuple[Op, ...] | None = field(repr=False)
    after: tuple[Op, ...] = field(repr=False)
    stride: int | float
    channels: int | None
    graph: Graph = field(repr=False, compare=False)
    ends: tuple[int, ...] = field(repr=False, compare=False)

    @cached_property
    def branches(self) -> tuple[tuple[Op, ...], ...]:
        """The operations on each path but the shortcut, in order.

        They are listed when asked for, because the branch of a long skip is long.
        """
        return tuple(self.graph.between(self.entry.index, o) for o in self.ends)

    def __rich__(self) -> Table:
        passed = "undecidable" if self.shortcut is None else _passed(self.shortcut)
        made = Table(box=None, show_header=False)
        made.add_column(style="dim")
        made.add_column(overflow="fold")
        made.add_row("unit", escape(self.path))
        made.add_row("joined by", self.form)
        made.add_row("from", escape(self.entry.path))
        made.add_row("shortcut", escape(f"{self.kind}: {passed}"))
        for branch in self.branches:
            made.add_row("branch", escape(_passed(branch)))
        made.add_row("after", escape(_passed(self.after)))
        made.add_row("channels", _channels(self))
        made.add_row("stride", f"{self.stride:g}")
        return made


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
    words = [unit.path, unit.form, unit.kind, unit.entry.path]
    return [*words, _channels(unit), f"{unit.stride:g}"]


def _channels(unit: Unit) -> str:
    return "?" if unit.channels is None else str(unit.channels)


def _passed(ops: Sequence[Op]) -> str:
    """Names operations in order; of a long path its two ends."""
    names = [op.path for op in ops]
    if len(names) > 2 * _END:
        between = f"{len(names) - 2 * _END} more"
        names = [*names[:_END], between, *names[-_END:]]
    return " → ".join(names) or "nothing"
