"""The convolution whose kernel is a direction and a length."""

from __future__ import annotations

from typing import Any

from keras_residual.compose.arguments import Count
from keras_residual.compose.axes import layer_for
from keras_residual.compose.layers import WeightNorm
from keras_residual.compose.layout import need_layout
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import Sizes
from keras_residual.compose.part import Tensor, part


@part
def weight_norm_conv(
    x: Tensor, scope: Scope, filters: Count, kernel_size: Sizes = 3, **options: Any
) -> Tensor:
    """Convolves with a kernel `g v / |v|`: weight normalisation, and a bias.

    Args:
        filters: Number of output channels.
        kernel_size: Elements the kernel spans along each axis.
        **options: Arguments of `keras.layers.Conv2D` and its kin, such as `padding`,
            `dilation_rate` and `kernel_initializer`, which draws `v`; `g` starts as
            its length.

    Raises:
        ResidualError: The backend does not convolve this layout on this machine.

    Reference:
        Salimans & Kingma, Weight Normalization, 2016,
        https://arxiv.org/abs/1602.07868.

    Examples:
        >>> kr.parts.weight_norm_conv(8, padding="causal")(keras.Input((10, 4))).shape
        (None, 10, 8)
    """
    options = {"padding": "same", **options, "use_bias": False, "name": "conv"}
    layer = layer_for("Conv", x, scope.where)(filters, kernel_size, **options)
    need_layout(layer, scope.where)
    return WeightNorm(layer, name=scope.name("conv"))(x)
