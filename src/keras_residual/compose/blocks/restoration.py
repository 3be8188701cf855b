"""Blocks without norms that restore pictures: EDSR and the RRDB of ESRGAN."""

from __future__ import annotations

from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import weights
from keras_residual.compose.named import PartSlot
from keras_residual.compose.parts import scale
from keras_residual.compose.residual import Residual

SMALL = {
    "class_name": "VarianceScaling",
    "config": {"scale": 0.02, "mode": "fan_in", "distribution": "untruncated_normal"},
}
"""A tenth of He et al. 2015, as ESRGAN starts."""


@checked
def edsr(
    filters: Count, *, scale_by: float = 0.1, activation: PartSlot = "relu"
) -> Residual:
    """Makes the block of super-resolution: two convolutions, no norm, a small factor.

    A norm would lose the range of the colours; the fixed factor keeps wide networks
    from diverging without one.

    Identity at initialisation: no.

    Reference:
        Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution,
        2017, https://arxiv.org/abs/1707.02921.

    Args:
        filters: Channels of input and output.
        scale_by: The factor at the end of the branch.
        activation: Activation between the convolutions.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.edsr(64)(keras.Input((48, 48, 64))).shape
        (None, 48, 48, 64)
    """
    first, last = (weights(filters, 3, norm=None) for _ in range(2))
    branch = [first, activation, last, scale(scale_by, trainable=False)]
    return Residual(branch, "identity")


@checked
def rrdb(
    filters: Count,
    *,
    growth_rate: Count = 32,
    scale_by: float = 0.2,
    activation: PartSlot = "leaky_relu",
) -> Residual:
    """Makes three dense blocks in one another's residuals (residual in residual).

    Each dense block is four convolutions that add channels, and one that makes
    `filters` of them all; it is scaled and added, and so are the three together.

    Identity at initialisation: no, but nearly 1.2 times its input, as the kernels
    start at a tenth of their usual size.

    Reference:
        Wang et al., ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks,
        2018, https://arxiv.org/abs/1809.00219.

    Args:
        filters: Channels of input and output.
        growth_rate: Channels that each convolution adds.
        scale_by: The factor at the end of each branch.
        activation: Activation after a convolution; the slope below zero is 0.2.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.rrdb(64)(keras.Input((32, 32, 64))).shape
        (None, 32, 32, 64)
    """
    grow = [weights(growth_rate, 3, norm=None, kernel_initializer=SMALL), activation]
    last = weights(filters, 3, norm=None, kernel_initializer=SMALL)
    small = scale(scale_by, trainable=False)
    layers = [Residual(grow, "identity", "concatenate")] * 4
    dense = Residual([*layers, last, small], "identity")
    return Residual([*[dense] * 3, small], "identity")
