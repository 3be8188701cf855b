"""U-Net and ResUNet: a level of a network that goes down and comes up again."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.preactivation import preactivation
from keras_residual.compose.blocks.slots import HE, carrier, weights
from keras_residual.compose.layout import need_layout
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Part, Tensor, as_part, part
from keras_residual.compose.parts import pool
from keras_residual.compose.residual import Residual


@part
@checked
def unet_level(
    x: Tensor,
    scope: Scope,
    filters: Count,
    inner: Any,
    *,
    norm: NormSlot = None,
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes a level of a U-Net around the levels below it.

    Two convolutions; then what is below, at half the size, beside them; then two
    convolutions of both. The innermost level is `unet_bottom`. Sizes that two does
    not divide are refused; `kr.parts.padded` takes any.

    Identity at initialisation: no; the input is carried to the end of the level.

    Reference:
        Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image
        Segmentation, 2015, figure 1, https://arxiv.org/abs/1505.04597. Its convolutions
        take borders away; these pad.

    Args:
        filters: Channels of the level.
        inner: The part of all that is below.
        norm: A norm after each convolution; the paper has none.
        activation: Activation after each convolution.

    Examples:
        >>> net = kr.blocks.unet_level(8, kr.blocks.unet_bottom(16))
        >>> net(keras.Input((32, 32, 1))).shape
        (None, 32, 32, 8)
    """
    twice = unet_bottom(filters, norm=norm, activation=activation)
    down = [pool("max", 2, padding="valid"), inner, _grown(filters)]
    return as_part([twice, _beside(down), twice]).unfold(x, scope)


@part
@checked
def unet_bottom(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    norm: NormSlot = None,
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes the two convolutions with which each side of a U-Net's level computes.

    Identity at initialisation: no.

    Reference:
        Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image
        Segmentation, 2015, figure 1, https://arxiv.org/abs/1505.04597.

    Args:
        filters: Channels of the output.
        norm: A norm after each convolution; the paper has none.
        activation: Activation after each convolution.

    Examples:
        >>> kr.blocks.unet_bottom(16)(keras.Input((8, 8, 8))).shape
        (None, 8, 8, 16)
    """
    each = [weights(filters, 3, norm=norm), as_norm(norm), activation]
    return as_part(each * 2).unfold(x, scope)


@part
@checked
def resunet_level(
    x: Tensor,
    scope: Scope,
    filters: Count,
    inner: Any,
    *,
    stride: Count = 1,
    norm: NormSlot = "batch",
) -> Tensor:
    """Makes a level of a ResUNet around the levels below it.

    A pre-activation block; then what is below, which strides by itself and is repeated
    to twice the size; then a block of both. The innermost level is
    `kr.blocks.preactivation(filters, stride=2)`. The first block of a level that does
    not stride, the outermost, begins with its convolution, as the paper's: a norm and
    a ReLU before it would lose what is dark in the picture.

    Identity at initialisation: no.

    Reference:
        Zhang et al., Road Extraction by Deep Residual U-Net, 2017,
        https://arxiv.org/abs/1711.10684.

    Args:
        filters: Channels of the level.
        inner: The part of all that is below; it strides by 2.
        stride: Stride of the level itself: 1 outermost, 2 inside another.
        norm: A norm or its kind.

    Examples:
        >>> bottom = kr.blocks.preactivation(16, stride=2)
        >>> kr.blocks.resunet_level(8, bottom)(keras.Input((32, 32, 3))).shape
        (None, 32, 32, 8)
    """
    first, last = _first(filters, stride, norm), preactivation(filters, norm=norm)
    down = [inner, _repeated()]
    return as_part([first, _beside(down), last]).unfold(x, scope)


def _first(filters: int, stride: int, norm: Any) -> Part:
    """Returns a level's first block; outermost nothing comes before its convolution."""
    if stride != 1:
        return preactivation(filters, stride=stride, norm=norm)
    first, last = (weights(filters, 3, norm=norm) for _ in range(2))
    carried = carrier("auto", None, use_bias=norm is None)
    return Residual([first, as_norm(norm), "relu", last], carried)


@part
def _beside(x: Tensor, scope: Scope, down: Any) -> Tensor:
    """Puts what comes from below beside its input.

    Where sizes are not known a merge of ours would refuse those that two do not divide;
    this one leaves them to the data, as a U-Net takes pictures of many sizes.
    """
    odd = [x.shape[axis] for axis in axes.places(x) if (x.shape[axis] or 0) % 2]
    if odd:
        raise ResidualError(
            f"{scope.where}: a level of a U-Net halves its size, and doubles it.",
            given=f"a tensor {x.shape}",
            needed="Two divides the size at each level: four that of a picture for two "
            "levels, eight for three.",
            write="kr.parts.padded(net, 2), and 4 for two levels",
        )
    merge = keras.layers.Concatenate(axes.channel_axis(x))
    return Residual(down, "identity", merge).unfold(x, scope)


@part
def _grown(x: Tensor, scope: Scope, filters: int) -> Tensor:
    """Makes twice the size by a transposed convolution of 2."""
    kind = getattr(keras.layers, f"Conv{axes.rank(x)}DTranspose")
    layer = kind(filters, 2, strides=2, name=scope.name("up"), **HE)
    need_layout(layer, scope.where)
    return layer(x)


@part
def _repeated(x: Tensor, scope: Scope) -> Tensor:
    """Makes twice the size by repeating each element."""
    return axes.layer_for("UpSampling", x, scope.where)(2, name=scope.name("up"))(x)
