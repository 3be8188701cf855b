"""Parts of networks that keep their signal's size without norms."""

from __future__ import annotations

from math import pi, sqrt
from typing import cast

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, Counts, checked
from keras_residual.compose.layers import StandardizedConv
from keras_residual.compose.layout import need_layout
from keras_residual.compose.named import ActivationWord
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import Padding, Sizes, padded
from keras_residual.compose.operations.elementary import act
from keras_residual.compose.part import Tensor, part

GAINS = {
    "celu": 1.270926833152771,
    "elu": 1.2716004848480225,
    "gelu": 1.7015043497085571,
    "relu": sqrt(2 / (1 - 1 / pi)),
    "relu6": 1.7131484746932983,
    "selu": 1.0008515119552612,
    "sigmoid": 4.803835391998291,
    "silu": 1.7881293296813965,
    "softplus": 1.9203323125839233,
    "softsign": 2.338853120803833,
    "tanh": 1.5939117670059204,
}
"""What gives each activation of a unit normal variance 1, as published."""


@part
def standardized_conv(
    x: Tensor,
    scope: Scope,
    filters: Count,
    kernel_size: Sizes = 3,
    *,
    stride: Sizes = 1,
    padding: Padding = "same",
    groups: Count = 1,
) -> Tensor:
    """Convolves with a standardised kernel, so that no norm is needed.

    It has a bias and a gain for each filter. In depthwise convolutions of few elements
    the statistics are poor: leave those out.

    Args:
        filters: Number of output channels.
        kernel_size: Elements the kernel spans along each axis.
        stride: Elements the kernel moves along each axis.
        padding: As in `conv`.
        groups: Groups of channels that are convolved apart.

    Reference:
        Brock et al., Characterizing Signal Propagation to Close the Performance Gap in
        Unnormalized ResNets, 2021, https://arxiv.org/abs/2101.08692.

    Examples:
        >>> kr.parts.standardized_conv(8)(keras.Input((6, 6, 4))).shape
        (None, 6, 6, 8)
    """
    kind = axes.layer_for("Conv", x, scope.where)  # refuses what has no positions
    need_layout(kind(1, 1), scope.where)
    if padding == "symmetric":
        x, padding = padded(x, scope, kernel_size, stride, {})
    name = scope.name("conv")
    layer = StandardizedConv(
        filters, kernel_size, stride, padding, groups=groups, name=name
    )
    return layer(x)


@part
def scaled_act(x: Tensor, scope: Scope, function: str) -> Tensor:
    """Applies an activation, and the gain that gives a unit normal variance 1 again.

    Args:
        function: Name of one of Keras's activations, such as `"relu"` or `"silu"`.

    Raises:
        ResidualError: The gain of the activation was not published.

    Reference:
        Brock et al., Characterizing Signal Propagation to Close the Performance Gap in
        Unnormalized ResNets, 2021, https://arxiv.org/abs/2101.08692.

    Examples:
        >>> kr.parts.scaled_act("relu")(keras.Input((8,))).shape
        (None, 8)
    """
    if function not in GAINS:
        raise ResidualError(
            f"{scope.where}: scaled_act knows no gain of {function!r}.",
            needed=f"It knows {', '.join(map(repr, GAINS))}.",
            write="[function, kr.scale(1.7, trainable=False)], with a gain of your own",
        )
    y = act(cast(ActivationWord, function)).unfold(x, scope)
    return keras.layers.Rescaling(GAINS[function], name=scope.name("gain"))(y)


@checked
def nf_scales(stages: Counts, alpha: float = 0.2) -> list[float]:
    """Returns the `beta` of each block: how far its input spreads before training.

    Each block adds `alpha ** 2` to the variance, and the first of a stage, whose
    shortcut is computed of what was divided by `beta`, begins again at one.

    Reference:
        Brock et al., Characterizing Signal Propagation to Close the Performance Gap in
        Unnormalized ResNets, 2021, https://arxiv.org/abs/2101.08692.

    Args:
        stages: Number of blocks of each stage.
        alpha: Factor of the branches.

    Returns:
        One number a block, all stages in a row.

    Examples:
        >>> [round(beta, 3) for beta in kr.parts.nf_scales([2, 2])]
        [1.0, 1.02, 1.039, 1.02]
    """
    scales, variance = [], 1.0
    for blocks in stages:
        for block in range(blocks):
            scales.append(sqrt(variance))
            variance = (1.0 if block == 0 else variance) + alpha**2
    return scales
