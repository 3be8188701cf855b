"""Sizes of shapes that may not be known."""

from __future__ import annotations

from math import prod
from typing import Any

Shape = tuple[int | None, ...]


def product(space: Shape, size: int = 1) -> int | None:
    """Multiplies sizes; None where one of them is not known.

    Args:
        space: The sizes.
        size: What they are multiplied with.
    """
    known = [n for n in space if n is not None]
    return prod(known) * size if len(known) == len(space) else None


def kernels(layer: Any) -> int:
    """Adds up the sizes of the kernels: each number is used once a position.

    Args:
        layer: A layer, or the cell of one.
    """
    return sum(prod(w.shape) for w in layer.weights if w.name.endswith("kernel"))
