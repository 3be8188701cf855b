"""Which pixels the taps of a convolution's kernel read, and who reads a pixel.

With both, patches are gathered by index, and so is their gradient: each time the pixels
are copied whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(
    size: Sequence[int],
    kernel_size: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[tuple[int, int]],
) -> np.ndarray:
    """Returns the number of the pixel that each tap of each window reads.

    Args:
        size: Rows and columns of the picture; its pixels are counted from 0.
        kernel_size: Rows and columns of the kernel.
        strides: How far it moves along both.
        pads: Zeros before and after both. They are read from one pixel after the last.

    Returns:
        An array `(rows, columns, *kernel_size)`; rows and columns are the result's.

    Examples:
        >>> windows((2, 2), (1, 2), (1, 1), [(0, 0), (0, 1)]).reshape(4, 2).tolist()
        [[0, 1], [1, 4], [2, 3], [3, 4]]
    """
    pixels = np.arange(np.prod(size)).reshape(size)
    padded = np.pad(pixels, pads, constant_values=pixels.size)
    down, right = strides
    return sliding_window_view(padded, tuple(kernel_size))[::down, ::right]


def readers(taps: np.ndarray, pixels: int) -> np.ndarray:
    """Returns the taps that read each pixel; where fewer do, one after the last.

    Args:
        taps: What `windows` returned.
        pixels: How many pixels the picture has.

    Returns:
        An array `(pixels, taps)`.

    Examples:
        >>> readers(np.array([[0, 1], [1, 2]]), 2).tolist()
        [[0, 4], [1, 2]]
    """
    flat = taps.reshape(-1)
    found = [np.flatnonzero(flat == pixel) for pixel in range(pixels)]
    most = max(map(len, found))
    return np.array([[*each, *[flat.size] * (most - len(each))] for each in found])
