"""Two calls in a row of which the second can do the work of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_residual.compose.graph import rectified
from keras_residual.transforms.accelerate.torch_kernels import MAX_POOLINGS
from keras_residual.transforms.accelerate.torch_layers import CONVOLUTIONS
from keras_residual.transforms.accelerate.torch_moves import Extra, zeros


def extra_of(first: Any, second: Any, channels_last: bool) -> Extra | None:
    """Returns what the second call does besides so that the first need not be made.

    Args:
        first: A call whose result only the second reads.
        second: That call.
        channels_last: How the tensors of the plan are ordered in Keras.

    Returns:
        The window and the padding, or nothing where the two stay apart.
    """
    layer = second.operation
    if type(layer) in MAX_POOLINGS and (extra := _subsampled(first.operation, layer)):
        return extra
    pads = zeros(first.operation, len(first.outputs[0].shape), channels_last)
    if pads is None or pads[0] != (0, 0) or any(low != high for low, high in pads):
        return None
    if getattr(layer, "padding", None) != "valid":
        return None
    sides = tuple(low for low, _ in pads[1:])
    if type(layer) in CONVOLUTIONS:
        return Extra(sides)
    fits = type(layer) in MAX_POOLINGS and _within(sides, layer.pool_size)
    # PyTorch pads with what never wins. So do zeros, where nothing is negative.
    return Extra(sides) if fits and rectified(first.input_tensors[0]) else None


def _subsampled(first: Any, second: Any) -> Extra | None:
    """Joins a pool that moves by one with one that only leaves elements out."""
    if type(first) is not type(second) or first.data_format != second.data_format:
        return None
    one = (1,) * len(first.strides)
    if not (tuple(first.strides) == one == tuple(second.pool_size)):
        return None
    odd = first.padding == "same" and all(n % 2 for n in first.pool_size)
    if not odd:
        return None
    size = tuple(first.pool_size)
    return Extra(tuple(n // 2 for n in size), size)


def _within(sides: Sequence[int], size: Sequence[int]) -> bool:
    """Says whether each window holds an element: PyTorch asks that of a padding."""
    return all(2 * low <= n for low, n in zip(sides, size, strict=True))
