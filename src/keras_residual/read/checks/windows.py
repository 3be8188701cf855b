"""The kernels and strides of convolutions and pools."""

from __future__ import annotations

from math import prod
from typing import Any

from keras_residual.read.graph import Op


def strides(op: Op) -> tuple[int, ...]:
    """Returns how far a convolution or pool moves along each axis; 1 for the others.

    Args:
        op: An operation of the graph.
    """
    if "Transpose" in type(op.layer).__name__:
        return (1,)
    return _sizes(op.layer, "strides")


def widens(op: Op) -> bool:
    """Says whether one element of the output is computed from several positions.

    Args:
        op: An operation of the graph.
    """
    if op.kind in ("attention", "op", "layer", "recurrent", "reshape", "upsample"):
        return True
    if op.kind == "pool" and not hasattr(op.layer, "pool_size"):
        return True
    kernel = _sizes(op.layer, "kernel_size"), _sizes(op.layer, "pool_size")
    return op.kind in ("conv", "pool") and max(map(prod, kernel)) > 1


def _sizes(layer: Any, name: str) -> tuple[int, ...]:
    sizes = getattr(layer, name, None) or 1
    return sizes if isinstance(sizes, tuple) else (sizes,)
