"""What a convolution or pool reads for one element: how large, how far, what around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from keras_residual.graph.kinds import unwrapped
from keras_residual.graph.op import Op

Sizes = tuple[int, ...]
_SETTINGS = (
    *("kernel_size", "pool_size", "strides", "padding", "dilation_rate", "groups"),
    *("data_format", "output_padding", "keepdims"),
)
_WIDE = ("attention", "op", "layer", "recurrent", "reshape", "upsample")


class Window(NamedTuple):
    """What an operation reads along one axis for one element of its output.

    Args:
        size: From the first to the last element that it reads.
        stride: How far it moves.
        before: What is padded before the first element.
    """

    size: int
    stride: int = 1
    before: int = 0


def strides(layer: Any, default: Sizes = (1,)) -> Sizes:
    """Returns how far a layer moves along each axis.

    Args:
        layer: A layer or operation.
        default: What stands for layers that do not move.

    Examples:
        >>> strides(keras.layers.Conv2D(8, 3, 2)), strides(keras.layers.ReLU())
        ((2, 2), (1,))
    """
    return _sizes(layer, "strides", default)


def taps(layer: Any, default: Sizes = (1,)) -> Sizes:
    """Returns how many elements a kernel or pool has along each axis.

    Args:
        layer: A layer or operation.
        default: What stands for layers without either.
    """
    return _sizes(layer, "kernel_size", _sizes(layer, "pool_size", default))


def dilations(layer: Any) -> Sizes:
    """Returns how far the elements of a kernel are apart along each axis.

    Args:
        layer: A layer or operation.
    """
    return _sizes(layer, "dilation_rate", (1,))


def is_transposed(layer: Any) -> bool:
    """Says whether strides make more of a layer's input, and not less.

    Args:
        layer: A layer or operation.
    """
    return "Transpose" in type(layer).__name__


def steps(layer: Any) -> Sizes:
    """Returns how far a window moves over the input; a transposed one moves by ones.

    Args:
        layer: A layer or operation.
    """
    return (1,) if is_transposed(layer) else strides(layer)


def is_pointwise(layer: Any) -> bool:
    """Says whether a convolution or dense layer mixes channels only.

    Args:
        layer: A layer or operation.
    """
    return set(_sizes(unwrapped(layer), "kernel_size", (1,))) == {1}


def is_windowed(op: Op) -> bool:
    """Says whether an operation moves a window over its input; a global pool does not.

    Args:
        op: An operation of the graph.
    """
    return op.kind in ("conv", "pool") and bool(taps(op.layer, ()))


def widens(op: Op) -> bool:
    """Says whether one element of the output is computed from several positions.

    Args:
        op: An operation of the graph.
    """
    if op.kind == "pool":
        return set(taps(op.layer, (0,))) != {1}  # without a size, it is global
    return op.kind in _WIDE or (op.kind == "conv" and not is_pointwise(op.layer))


def settings(layer: Any) -> str:
    """Returns all that a window is set to, as a text to compare.

    Args:
        layer: A layer or operation.
    """
    return repr([getattr(layer, name, None) for name in _SETTINGS])


def window_along(layer: Any, axis: int, size: int) -> Window:
    """Returns the window of a convolution or pool along one axis, as Keras pads it.

    Args:
        layer: Its padding is "same" or "valid".
        axis: Which axis of space.
        size: Elements along it.

    Examples:
        >>> window_along(keras.layers.Conv1D(8, 3, padding="same"), 0, 10)
        Window(size=3, stride=1, before=1)
    """
    wide, apart, stride = (
        sizes[axis % len(sizes)]
        for sizes in (taps(layer), dilations(layer), strides(layer))
    )
    span = (wide - 1) * apart + 1
    before = same(size, stride, span)[0] if layer.padding == "same" else 0
    return Window(span, stride, before)


def _sizes(layer: Any, name: str, default: Sizes) -> Sizes:
    found = getattr(layer, name, None) or default
    return (found,) if isinstance(found, int) else tuple(found)


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
