"""What a backend of Keras computes wrongly, and how it is made to compute it right.

On PyTorch's CPU a strided 1x1 convolution of few channels, such as the projection of a
picture in three colours, got a wrong gradient for its kernel, and memory beside it was
written over: oneDNN gathers the pixels that are not skipped in a workspace, and writes
past its end where the channels lie last and fill less than one of its vectors
(https://github.com/uxlfoundation/oneDNN/issues/6035, open in 3.12). So the pixels are
skipped before it is called, which changes no number of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import keras
from keras.src.backend import nn

_ONE_VECTOR = 16  # channels that oneDNN takes at once: 8 of AVX2, 16 of AVX-512


def is_mended(channels: int, window: Sequence[int], strides: Sequence[int]) -> bool:
    """Says whether a convolution is one that is computed wrongly.

    Args:
        channels: How many each output reads.
        window: Elements that the kernel spans along each axis of space.
        strides: Elements that it moves along each.
    """
    return channels < _ONE_VECTOR and set(window) == {1} and set(strides) != {1}


def skipped(x: Any, strides: Sequence[int], first: int) -> Any:
    """Returns what a strided 1x1 convolution reads.

    Args:
        x: What it is called on.
        strides: Elements that it moves along each axis of space.
        first: Which of the axes of `x` is the first of space.
    """
    return x[(slice(None),) * first + tuple(slice(None, None, n) for n in strides)]


def _skipping_first(conv: Callable) -> Callable:
    """Returns a backend's convolution that skips pixels before it computes."""

    @wraps(conv)
    def convolved(
        inputs: Any,
        kernel: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
    ) -> Any:
        *window, channels, _ = kernel.shape
        steps = (strides,) * len(window) if isinstance(strides, int) else strides
        if is_mended(channels, window, steps):
            layout = data_format or keras.config.image_data_format()
            inputs = skipped(inputs, steps, 1 if layout == "channels_last" else 2)
            strides = 1
        return conv(inputs, kernel, strides, padding, data_format, dilation_rate)

    return convolved


if keras.backend.backend() == "torch":
    nn.conv = _skipping_first(nn.conv)
