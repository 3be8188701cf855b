"""Why two paths make different sizes, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from keras_residual.compose import axes, sizes
from keras_residual.compose.part import Tensor


class Advice(NamedTuple):
    """What is to be known of two paths, and what to write.

    Args:
        needed: The reason, one sentence; empty where the shapes tell it.
        write: What makes them meet.
    """

    needed: str
    write: str


SAME_AXES = Advice("", "both paths with the same axes: none flattened or pooled")
TRIMMED = Advice(
    "The branch takes borders away.",
    'padding="same" in the branch, or crop the shortcut, too:  '
    'shortcut=["crop", "auto"]',
)
SMALLER = Advice(
    "The shortcut makes sizes smaller than the branch does.",
    'one part in the shortcut that strides as far as the branch, such as "projection"',
)
SHORTCUT_TRIMMED = Advice(
    "The shortcut takes borders away.", 'padding="same" in the shortcut'
)


def advice(start: Tensor, carried: Tensor, change: Tensor) -> Advice | None:
    """Returns why paths differ in their sizes; None where that is not known.

    Args:
        start: Where the paths part.
        carried: What the shortcut made of it.
        change: What the branch made of it.
    """
    if axes.rank(carried) != axes.rank(change):
        return SAME_AXES
    pairs = list(_pairs(start, carried, change))
    if all(before == after for before, after in pairs):
        return None
    if factors := _grown(pairs):
        larger = _grown(list(_pairs(start, start, change)))
        return _grow(factors) if max(larger, default=1) > 1 else SMALLER
    if factor := sizes.multiple(start, carried, change):
        return _pad(start, factor)
    steps = sizes.steps(start, carried, change)
    if any(step and step.trimmed > 0 for step in steps):
        return TRIMMED
    own = sizes.steps(start, start, carried)
    return SHORTCUT_TRIMMED if any(step and step.trimmed > 0 for step in own) else None


_Sizes = tuple[int, ...]


def _pairs(
    start: Tensor, carried: Tensor, change: Tensor
) -> Iterator[tuple[_Sizes, _Sizes]]:
    """Yields the sizes that both paths make, for each size that is tried."""
    for _, before, after in sizes.tried(start, [carried, change]):
        yield axes.spatial(before), axes.spatial(after)


def _grown(pairs: list[tuple[_Sizes, _Sizes]]) -> _Sizes:
    """Returns how many times as large the branch makes each axis, if none smaller."""
    found = {
        tuple(
            b // a if a and not b % a else 0 for a, b in zip(before, after, strict=True)
        )
        for before, after in pairs
    }
    factors = found.pop()
    return () if found or 0 in factors else factors


def _grow(factors: _Sizes) -> Advice:
    each = factors[0] if len(set(factors)) == 1 else factors
    layer = f"keras.layers.UpSampling{len(factors)}D({each})"
    return Advice("The branch makes sizes larger.", f'shortcut=[{layer}, "auto"]')


def _pad(start: Tensor, factor: int) -> Advice:
    needed = f"They agree where sizes are multiples of {factor}."
    there = axes.spatial(tuple(start.shape[1:]))
    if None in there:
        return Advice(needed, f"keras.Input with sizes that are multiples of {factor}")
    sides = [(0, -size % factor) for size in there]
    padding = tuple(sides) if len(sides) > 1 else sides[0]
    layer = f"keras.layers.ZeroPadding{len(sides)}D({padding})"
    return Advice(needed, f"x = {layer}(x), before the block")
