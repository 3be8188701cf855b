"""The standard deviations that He and Xavier give a kernel, of any layer."""

from __future__ import annotations

from math import prod
from typing import Any

from keras_residual.graph.op import Op

KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel", "embeddings")
LAYERS = ("attention", "conv", "dense", "embedding")


def deviation(op: Op, weight: Any, how: str) -> float:
    """Returns the standard deviation before a recipe scales it.

    Args:
        op: The call of the layer.
        weight: Its kernel.
        how: He's for "fixup", else Xavier's; of embeddings, the root of their width.
    """
    if op.kind == "embedding":
        return weight.shape[-1] ** -0.5
    read, made = _fans(op, weight)
    return (2 / read) ** 0.5 if how == "fixup" else (2 / (read + made)) ** 0.5


def _fans(op: Op, weight: Any) -> tuple[int, int]:
    """Returns how many numbers a kernel reads for one, and makes of one.

    Keras takes all but the last two axes of a kernel for a window, also those of the
    heads in an attention.
    """
    shape, names = tuple(weight.shape), weight.path.split("/")
    if op.kind == "attention":
        if "attention_output" in names:
            return prod(shape[:-1]), shape[-1]
        return shape[0], prod(shape[1:])
    if "Depthwise" in type(op.layer).__name__ or "depthwise" in weight.name:
        window = prod(shape[:-2])
        return window, window * shape[-1]
    window = prod(shape[:-2])
    if "Transpose" in type(op.layer).__name__:
        return window * shape[-1], window * shape[-2]
    return window * shape[-2], window * shape[-1]


def kernels(op: Op) -> list[Any]:
    """Returns the kernels of a layer, and none for what is no layer.

    Args:
        op: The call of the layer.
    """
    held = op.layer.weights if op.kind in LAYERS else ()  # type: ignore[attr-defined]
    return [weight for weight in held if weight.name in KERNELS]
