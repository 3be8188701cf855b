"""Which position of its entry each path of a unit looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from keras_residual.checks.probing import Shape
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.windows import (
    Window,
    is_transposed,
    is_windowed,
    window_along,
)


class Grid(NamedTuple):
    """Where on one axis of the entry the elements of a tensor are centred.

    Args:
        start: The position of the first element's centre.
        step: The distance from one centre to the next.
    """

    start: float
    step: float


_ALONG = frozenset(
    ("act", "dense", "dropout", "identity", "multiply", "norm", "scale", *MERGES)
)
_ZERO_PADDINGS = (
    keras.layers.ZeroPadding1D,
    keras.layers.ZeroPadding2D,
    keras.layers.ZeroPadding3D,
)
Grids = tuple[Grid, ...]


def grids(
    graph: Graph, path: Sequence[Op], entry: Op, shapes: list[Shape | None]
) -> Grids | None:
    """Returns the grid of a path's end on each axis but the batch, or None if unknown.

    Args:
        graph: The graph that the path lies in.
        path: The operations of the path, in order.
        entry: Where it starts.
        shapes: The shape of each operation, with all sizes known.
    """
    found: dict[int, Grids | None] = {
        entry.index: (Grid(0.0, 1.0),) * (len(entry.shape) - 1)
    }
    for op in path:
        inside = [found[i] for i in op.sources if i in found]
        known = {grid for grid in inside if grid is not None}
        grid = known.pop() if len(known) == 1 else None
        windows = None if grid is None else windows_of(graph, op, shapes)
        found[op.index] = None
        if grid is not None and windows is not None and len(windows) == len(grid):
            pairs = zip(grid, windows, strict=True)
            found[op.index] = tuple(_through(g, w) for g, w in pairs)
    return found[path[-1].index if path else entry.index]


def windows_of(
    graph: Graph, op: Op, shapes: list[Shape | None]
) -> tuple[Window, ...] | None:
    """Returns what an operation reads along each axis but the batch; None if unknown.

    Args:
        graph: The graph that it lies in.
        op: The operation.
        shapes: The shape of each operation, with all sizes known.
    """
    before = shapes[op.sources[0]]
    if before is None or len(before) != len(op.shape):
        return None
    rank = len(before) - 1
    windows = [Window(1)] * rank
    first = getattr(op.layer, "data_format", None) == "channels_first"
    along = range(1, rank) if first else range(rank - 1)
    found = _windows(op, [before[axis + 1] or 0 for axis in along])
    if found is None:
        return None
    for axis, window in zip(along, found, strict=False):
        windows[axis] = window
    return tuple(windows)


def _windows(op: Op, sizes: list[int]) -> list[Window] | None:
    """Returns the windows along the axes that hold positions."""
    layer: Any = op.layer
    if op.kind in _ALONG:
        return []
    padding: Any = getattr(layer, "padding", None)
    if isinstance(layer, _ZERO_PADDINGS):
        sides = [padding] if len(sizes) == 1 else padding
        return [Window(1, 1, before) for before, _ in sides]
    if not is_windowed(op) or is_transposed(layer) or padding not in ("same", "valid"):
        return None
    return [window_along(layer, axis, size) for axis, size in enumerate(sizes)]


def _through(grid: Grid, window: Window) -> Grid:
    centre = (window.size - 1) / 2 - window.before
    return Grid(grid.start + centre * grid.step, grid.step * window.stride)
