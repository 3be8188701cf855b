"""Sizes: what paths make of them, told by their graph, without data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from keras_residual.compose import axes, graph
from keras_residual.compose.part import Tensor

Shape = tuple[int, ...]

PROBES = (96, 97, 98, 99, 100, 101, 48)
"""Sizes that are tried where an axis may have any.

Two paths that agree at one size often differ at the next: a window of 2 without padding
halves 96 as a stride does, but makes 48 of 97 where the stride makes 49. Six in a row
hold a multiple of every stride up to 12; the half tells large strides from borders.
"""


class Stride(NamedTuple):
    """What a path does along an axis: `ceil((size - trimmed) / stride)`."""

    stride: int
    trimmed: int

    def takes(self, before: int, after: int) -> bool:
        """Says whether it makes `after` of `before`."""
        return -(-(before - self.trimmed) // self.stride) == after


def tried(start: Tensor, ys: list[Tensor]) -> list[list[Shape]]:
    """Returns the shapes of `start` and `ys`, without batch, for each size of `start`.

    Known sizes are the only ones. Of unknown ones those are tried that the graph takes.
    """
    unknown = [n for n, size in enumerate(start.shape) if n and size is None]
    if unknown:
        return _at_probes(start, ys, unknown)
    told = [tuple(y.shape) for y in ys]
    if any(None in shape[1:] for shape in told):
        told = graph.shapes(start, ys, start.shape) or told
    return [[shape[1:] for shape in (tuple(start.shape), *told)]]


def steps(start: Tensor, x: Tensor, change: Tensor) -> list[Stride | None]:
    """Returns the steps along each spatial axis that lead from `x` to `change`.

    Both come from `start`. At one size a stride may look like a trimmed border (both
    make 3 of 5), so others are tried. Where the graph takes no other, or makes one size
    of all, it is a stride.

    Returns:
        A step an axis, `None` where no step leads there; nothing where ranks differ.
    """
    real = _pairs(tried(start, [x, change]))
    every = _pairs(_at_probes(start, [x, change], axes.places(start)))
    if len(every) != len(real):
        every = real
    return [
        (_step(many, here) if _varies(many) else None) or _step(here, here)
        for many, here in zip(every, real, strict=True)
    ]


LARGEST_MULTIPLE = 64  # six halvings


def multiple(start: Tensor, x: Tensor, change: Tensor) -> int | None:
    """Returns what sizes have to be multiples of, for `x` and `change` to be as large.

    A branch that halves and doubles again makes 98 of 97: it meets at even sizes only.
    """
    places = axes.places(start)
    for factor in range(2, LARGEST_MULTIPLE + 1):
        probes = [factor * n for n in (3, 4, 5)]
        rows = _at_probes(start, [x, change], places, probes)
        same = [a == b for axis in _pairs(rows) for a, b in axis]
        if len(rows) == len(probes) and same and all(same):
            return factor
    return None


def _at_probes(
    start: Tensor,
    ys: list[Tensor],
    places: Sequence[int],
    probes: Sequence[int] = PROBES,
) -> list[list[Shape]]:
    rows = []
    for probe in probes:
        shape = [probe if n in places else size for n, size in enumerate(start.shape)]
        told = graph.shapes(start, ys, tuple(shape))
        if told is not None:
            rows.append([_filled(each[1:], probe) for each in (shape, *told)])
    return rows


def _filled(shape: Sequence[int | None], probe: int) -> Shape:
    return tuple(probe if size is None else size for size in shape)


def _pairs(rows: list[list[Shape]]) -> list[list[tuple[int, int]]]:
    """Returns what each spatial axis is before and after, at each size."""
    found = [list(map(axes.spatial, row[1:])) for row in rows]
    if any(len(before) != len(after) for before, after in found):
        return []
    each_size = [list(zip(before, after, strict=True)) for before, after in found]
    return [list(pairs) for pairs in zip(*each_size, strict=True)]


def _varies(pairs: list[tuple[int, int]]) -> bool:
    return len({after for _, after in pairs}) > 1


def _step(tried: list[tuple[int, int]], real: list[tuple[int, int]]) -> Stride | None:
    """Returns the step that explains all sizes; a stride, if it does for the real ones.

    So a window of 2 without padding is a stride for a size that it divides.
    """
    found = [Stride(s, k) for s in range(1, min(PROBES)) for k in _trims(tried, s)]
    strides = [Stride(step.stride, 0) for step in found]
    whole = [step for step in strides if all(step.takes(*pair) for pair in real)]
    return next(iter(whole + found), None)


def _trims(pairs: list[tuple[int, int]], stride: int) -> range:
    """Returns what may be trimmed where the stride is this: all pairs agree on it."""
    low = max(before - stride * after for before, after in pairs)
    high = min(before - stride * (after - 1) for before, after in pairs)
    return range(low, high)
