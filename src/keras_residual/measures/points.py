"""The points of a network by their names, to read there and to write there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import nearest
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.handing import masked_as
from keras_residual.graph.numbers import array
from keras_residual.graph.op import Op
from keras_residual.graph.running import Edit, Values
from keras_residual.measures.unit_activations import UnitPaths

Write = Callable[[Any], Any]
PARTS = ("shortcut", "change")
"""What a unit adds up, in this order; each is named "<unit>/shortcut"."""


class Point(NamedTuple):
    """A point of a network.

    Args:
        op: The operation whose output it is; for a part of a unit, the unit's merge.
        part: Which of `PARTS`, or "".
    """

    op: Op
    part: str = ""


class Points:
    """Finds points by their names.

    Args:
        analysis: The model.
    """

    def __init__(self, analysis: Analysis) -> None:
        graph = analysis.graph
        self.units = {
            unit.merge.index: UnitPaths(graph, unit) for unit in analysis.units
        }
        self._named: dict[str, Point] = {}
        for paths in self.units.values():
            unit = paths.unit
            self._named[f"{unit.path}/entry"] = Point(unit.entry)
            if unit.form == "add" and unit.shortcut is not None:
                for part in PARTS:
                    self._named[f"{unit.path}/{part}"] = Point(unit.merge, part)
        for op in graph.ops:
            node = graph.node_of(op)
            if node is None or len(node.outputs) == 1:  # not what is in parts
                self._named[op.path] = Point(op)

    def find(self, path: str, argument: str) -> Point:
        """Returns a point.

        Args:
            path: Its name.
            argument: Where it was named, for the error.

        Raises:
            ResidualError: There is no such point.
        """
        if path in self._named:
            return self._named[path]
        names = list(self._named)
        near = nearest(path, names)
        if len(near) > 300:
            near = ", ".join(f"{p.unit.path}/change" for p in self.units.values())
        raise ResidualError(
            f"Run: {argument} names a point that is not there.",
            given=repr(path),
            needed='A point is the path of an operation or unit, "<unit>/entry", or of '
            'a sum whose shortcut is known\n"<unit>/shortcut" or "<unit>/change". '
            f"Near are: {near[:300]}",
            write="keep=[unit.path for unit in kr.find_residuals(model)]",
        )

    def kept(self, points: Collection[Point]) -> dict[int, tuple[int, ...]]:
        """Returns what has to be alive at the merges whose parts are asked for.

        Args:
            points: The points.
        """
        merges = {point.op.index for point in points if point.part}
        return {index: _operands(self.units[index]) for index in merges}


def _operands(paths: UnitPaths) -> tuple[int, ...]:
    return (*paths.change, *(() if paths.carried is None else (paths.carried,)))


def parts_of(paths: UnitPaths, merged: Any, values: Values) -> dict[str, Any]:
    """Returns what the shortcut and the branch of a sum bring to it, as tensors.

    Args:
        paths: The unit, whose shortcut is known.
        merged: What leaves its merge.
        values: What is alive then: the ends of its paths are among it.
    """
    carried = values[(paths.unit.shortcut or (paths.unit.entry,))[-1].index]
    if not paths.plain:
        return {"shortcut": carried, "change": merged - carried}
    change = sum((values[end] for end in paths.change[1:]), values[paths.change[0]])
    return {
        "shortcut": keras.ops.broadcast_to(carried, merged.shape),
        "change": keras.ops.broadcast_to(change, merged.shape),
    }


def added_up(merged: Any, parts: Mapping[str, Any]) -> Any:
    """Returns the sum of a unit's parts, with the dtype and mask of another sum.

    Args:
        merged: The other sum.
        parts: Of the unit.
    """
    return masked_as(merged, parts["shortcut"] + parts["change"])


def written(path: str, new: Any) -> Write:
    """Returns what writes at a point: takes the tensor there, and returns the new one.

    Args:
        path: Of the point, for errors.
        new: An array, or a function of one.
    """

    def write(value: Any) -> Any:
        before = array(value)
        made = np.asarray(array(new(before.copy()) if callable(new) else new))
        if made.shape != before.shape:
            raise ResidualError(
                f'Run: what replaces "{path}" does not fit.',
                given=f"an array of shape {made.shape}",
                needed=f"The network has {before.shape} there.",
                write=f"replace={{{path!r}: lambda value: 0 * value}}, for example",
            )
        fitting = keras.ops.convert_to_tensor(made, dtype=value.dtype)
        return masked_as(value, fitting)

    return write


def edit_of(
    paths: UnitPaths | None,
    writes: Mapping[str, Write],
    seen: Callable[[dict[str, Any]], None],
) -> Edit:
    """Returns what writes at an operation, and at the parts of the unit it merges.

    Args:
        paths: The unit, where parts of it are read or written.
        writes: By the part; "" is the output of the operation.
        seen: Is told the parts, as the rest of the network gets them.
    """

    def edit(value: Any, values: Values) -> Any:
        if paths is not None:
            found = parts_of(paths, value, values)
            for part in PARTS:
                if part in writes:
                    found[part] = writes[part](found[part])
            seen(found)
            if not writes.keys().isdisjoint(PARTS):
                value = added_up(value, found)
        return writes[""](value) if "" in writes else value

    return edit
