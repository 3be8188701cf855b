"""What "same" means: where Keras puts zeros around a convolution or pool."""

from __future__ import annotations

from collections.abc import Sequence


def same(size: int, stride: int, window: int) -> tuple[int, int]:
    """Returns how many elements stand before and after one axis.

    Args:
        size: Elements along the axis.
        stride: How many of them the window moves.
        window: How many it spans, gaps included.

    Examples:
        >>> same(8, 1, 3), same(8, 2, 3), same(7, 2, 3)
        ((1, 1), (0, 1), (1, 1))
    """
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def same_pads(
    sizes: Sequence[int],
    windows: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> list[tuple[int, int]]:
    """Returns how many elements stand before and after each axis of space.

    Args:
        sizes: Elements along the axes.
        windows: Elements of the window along them.
        strides: How many elements it moves.
        dilations: How far its elements are apart.
    """
    axes = zip(sizes, windows, strides, dilations, strict=True)
    return [same(n, step, (k - 1) * apart + 1) for n, k, step, apart in axes]
