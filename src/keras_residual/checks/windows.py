"""The kernels and strides of convolutions and pools."""

from __future__ import annotations

from math import prod
from typing import Any

from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import pointwise


def strides(op: Op) -> tuple[int, ...]:
    """Returns how far a convolution or pool moves along each axis; 1 for the others.

    Args:
        op: An operation of the graph.
    """
    if "Transpose" in type(op.layer).__name__:
        return (1,)
    return _sizes(op.layer, "strides", 1)


def widens(op: Op) -> bool:
    """Says whether one element of the output is computed from several positions.

    Args:
        op: An operation of the graph.
    """
    if op.kind in ("attention", "op", "layer", "recurrent", "reshape", "upsample"):
        return True
    if op.kind == "pool":
        return prod(_sizes(op.layer, "pool_size", 2)) > 1  # without one, it is global
    return op.kind == "conv" and not pointwise(op.layer)


def _sizes(layer: Any, name: str, default: int) -> tuple[int, ...]:
    sizes = getattr(layer, name, None) or default
    return (sizes,) if isinstance(sizes, int) else tuple(sizes)
