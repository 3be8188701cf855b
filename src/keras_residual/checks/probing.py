"""What a path makes of other sizes, and which position of its entry it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from keras_residual._keras import is_keras_own
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.windows import (
    Window,
    is_transposed,
    is_windowed,
    settings,
    strides,
    window_along,
)

PROBES = (224, 225, 226, 228, 232, 240, 255)  # odd after none to four halvings; all odd
_MERGES = frozenset(MERGES) - {"concatenate"}
_KEEPS = _MERGES | {"act", "dropout", "identity", "norm", "scale"}

Shape = tuple[int | None, ...]


def shapes_at(graph: Graph, size: int) -> list[Shape | None]:
    """Returns the shape of each operation if all unknown sizes were this one.

    Args:
        graph: The graph that is asked.
        size: What is put for each unknown size of an input; the batch stays unknown.

    Returns:
        The shapes in the order of the graph; None where an operation does not tell, or
        cannot be computed at this size.
    """
    found: list[Shape | None] = []
    asked: dict[tuple, Shape | None] = {}
    for op in graph.ops:
        if None not in op.shape[1:]:
            found.append(op.shape)
            continue
        given = tuple(found[i] for i in op.sources)
        key = (_settings(op), op.shape, given)
        if key not in asked:
            asked[key] = _answer(graph, op, [s for s in given if s], size)
        found.append(asked[key])
    return found


def joined(shapes: Sequence[Shape]) -> Shape | None:
    """Returns the shape of a sum, axes of size 1 stretched; None if there is none.

    Args:
        shapes: The shapes of the operands.

    Examples:
        >>> joined([(None, 8, 4), (None, 1, 4)])
        (None, 8, 4)
    """
    if len(set(map(len, shapes))) > 1:
        return None
    found = []
    for sizes in zip(*shapes, strict=True):
        long = set(sizes) - {1}
        if len(long) > 1:
            return None
        found.append(long.pop() if long else 1)
    return tuple(found)


def multiple_that_fits(fits: dict[int, bool]) -> int | None:
    """Returns of what the sizes that fit are multiples: 2, 4, …, 32; None if of none.

    Args:
        fits: For each of `PROBES`, whether two paths meet at that size.
    """
    for factor in (2, 4, 8, 16, 32):
        if all(fit for size, fit in fits.items() if size % factor == 0):
            return factor
    return None


def _settings(op: Op) -> tuple:
    """Returns what tells an operation from others that make equal shapes."""
    if op.kind not in ("conv", "pool") or not strides(op.layer, ()):
        return (op.index,)  # a wrapper does not tell what it wraps
    return type(op.layer), settings(op.layer)


def _answer(graph: Graph, op: Op, given: list[Shape], size: int) -> Shape | None:
    if not op.sources:
        return (op.shape[0], *(n or size for n in op.shape[1:]))
    if len(given) < len(op.sources):
        return None
    if op.kind in _KEEPS:
        return joined(given)
    foreign = not is_keras_own(type(op.layer))
    if foreign or graph.which_output(op) is not None:
        return None  # slow to ask; one of several outputs
    shapes = dict(zip(op.sources, given, strict=True))
    read = [keras.KerasTensor(s, graph.ops[i].dtype) for i, s in shapes.items()]
    try:
        shape = graph.shape(op, read)
    except Exception:  # what an operation refuses depends on the operation
        return None
    return None if None in shape[1:] else shape


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
        windows = None if grid is None else _windows_of(graph, op, shapes)
        found[op.index] = None
        if grid is not None and windows is not None and len(windows) == len(grid):
            pairs = zip(grid, windows, strict=True)
            found[op.index] = tuple(_through(g, w) for g, w in pairs)
    return found[path[-1].index if path else entry.index]


def _windows_of(
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
