"""Convolutions of any rank, and the one place that pads them."""

from __future__ import annotations

from typing import Any, Literal, get_args

import keras

import keras_residual._keras_mended  # noqa: F401 - before anything convolves
from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import Count, offered
from keras_residual.compose.axes import channels, each, layer_for, rank
from keras_residual.compose.layout import need_layout
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, part

Sizes = int | tuple[int, ...]
Padding = Literal["causal", "same", "symmetric", "valid"]
offered("Padding", get_args(Padding))


@part
def conv(
    x: Tensor,
    scope: Scope,
    filters: Count,
    kernel_size: Sizes = 3,
    *,
    stride: Sizes = 1,
    padding: Padding = "same",
    **options: Any,
) -> Tensor:
    """Convolves a sequence, an image or a volume.

    Args:
        filters: Number of output channels.
        kernel_size: Elements the kernel spans along each axis.
        stride: Elements the kernel moves along each axis.
        padding: `"same"` keeps the size (divided by the stride, rounded up) and pads
            as Keras does; `"symmetric"` gives the same sizes but pads strided
            convolutions by `kernel_size // 2` on both sides, as PyTorch does and as
            weights from there need; `"valid"` pads nothing.
        **options: Arguments of `keras.layers.Conv2D` and its kin, such as
            `activation`, `use_bias`, `groups`, `dilation_rate`,
            `kernel_initializer`.

    Raises:
        ResidualError: The backend does not convolve this layout on this machine.

    Examples:
        >>> kr.conv(64, 3, stride=2)(keras.Input((32, 32, 3))).shape
        (None, 16, 16, 64)
        >>> kr.conv(8, 5, dilation_rate=2)(keras.Input((100, 3))).shape
        (None, 100, 8)
    """
    kind = layer_for("Conv", x, scope.where)
    if padding == "symmetric":
        x, padding = padded(x, scope, kernel_size, stride, options)
    options = {"strides": stride, "padding": padding, **options}
    layer = kind(filters, kernel_size, name=scope.name("conv"), **options)
    need_layout(layer, scope.where)
    return layer(x)


@part
def depthwise(
    x: Tensor,
    scope: Scope,
    kernel_size: Sizes = 3,
    *,
    stride: Sizes = 1,
    padding: Padding = "same",
    **options: Any,
) -> Tensor:
    """Convolves each channel with a kernel of its own.

    Args:
        kernel_size: Elements the kernel spans along each axis.
        stride: Elements the kernel moves along each axis.
        padding: As in `conv`.
        **options: Arguments of `keras.layers.DepthwiseConv2D`. Volumes are convolved
            by `keras.layers.Conv3D`, whose groups do the work.

    Examples:
        >>> kr.depthwise(7)(keras.Input((32, 32, 96))).shape
        (None, 32, 32, 96)
    """
    if padding == "symmetric":
        x, padding = padded(x, scope, kernel_size, stride, options)
    name = scope.name("depthwise")
    options = {"strides": stride, "padding": padding, "name": name, **options}
    if rank(x) == 3:  # Keras has no DepthwiseConv3D
        width = channels(x, scope.where)
        options = {k.replace("depthwise_", "kernel_"): v for k, v in options.items()}
        return keras.layers.Conv3D(width, kernel_size, groups=width, **options)(x)
    return layer_for("DepthwiseConv", x, scope.where)(kernel_size, **options)(x)


def padded(
    x: Tensor, scope: Scope, kernel_size: Sizes, stride: Sizes, options: dict[str, Any]
) -> tuple[Tensor, Padding]:
    """Pads `x` for a `"symmetric"` convolution; returns what Keras has left to pad."""
    kernel, steps = each(kernel_size, x), each(stride, x)
    dilation = each(options.get("dilation_rate", 1), x)
    if any(size % 2 == 0 for size in kernel):
        raise ResidualError(
            f"{scope.where}: a kernel of {kernel_size} has no centre.",
            needed='padding="symmetric" needs odd sizes.',
            write='padding="same"',
        )
    if set(steps) == {1}:
        return x, "same"
    if set(kernel) == {1}:
        return x, "valid"
    around = [
        (d * (size // 2), d * (size // 2))
        for size, d in zip(kernel, dilation, strict=True)
    ]
    pad = layer_for("ZeroPadding", x, scope.where)
    sides = around if rank(x) > 1 else around[0]
    return pad(sides, name=scope.name("pad"))(x), "valid"
