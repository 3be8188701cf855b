"""Where the windows of a convolution lie: its padding, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_residual.graph.windows import same

Pads = tuple[tuple[int, int], ...]


def spatial(config: dict[str, Any], shape: Sequence[int | None]) -> list[int | None]:
    """Returns the sizes of a convolution's input without batch and channels.

    Args:
        config: Settings of the convolution.
        shape: The input's shape.
    """
    first = config["data_format"] == "channels_first"
    return list(shape[2:] if first else shape[1:-1])


def reach(config: dict[str, Any]) -> list[int]:
    """Returns how many elements a window spans along each axis, gaps included."""
    return [
        dilation * (size - 1) + 1
        for size, dilation in zip(
            config["kernel_size"], config["dilation_rate"], strict=True
        )
    ]


def pads_of(config: dict[str, Any], sizes: Sequence[int | None]) -> Pads | None:
    """Returns how many zeros a convolution puts before and after its input.

    Args:
        config: Settings of the convolution.
        sizes: The spatial sizes of its input, as far as they are known.

    Returns:
        Numbers before and after along each axis; None where they depend on an unknown
        size.
    """
    found = []
    strides = config["strides"]
    for span, stride, size in zip(reach(config), strides, sizes, strict=True):
        if config["padding"] == "valid" or span == 1:
            found.append((0, 0))
        elif config["padding"] == "causal":
            found.append((span - 1, 0))
        elif stride == 1:
            found.append(same(1, 1, span))  # alike for every size
        elif size is None:
            return None
        else:
            found.append(same(size, stride, span))
    return tuple(found)
