"""Inverted residuals: MobileNetV2, MBConv and Fused-MBConv."""

from __future__ import annotations

from typing import Any

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import each_weights, weights
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.attention import squeeze_excite
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, part
from keras_residual.compose.residual import Residual


@part
@checked
def inverted_residual(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    expansion: Count = 6,
    kernel_size: Count = 3,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu6",
    tail: Any = None,
) -> Tensor:
    """Makes the block that widens, convolves each channel, and narrows.

    The narrow stream has no activation after the sum or before it, where it would lose
    what few channels hold. Without a stride and with as many channels as before the
    input is carried; else there is no shortcut.

    Identity at initialisation: no.

    Reference:
        Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018,
        https://arxiv.org/abs/1801.04381.

    Args:
        filters: Channels of the output.
        stride: Stride of the depthwise convolution.
        expansion: Channels inside for one of the input; at 1 nothing widens.
        kernel_size: Elements that the depthwise kernel spans along each axis.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation after all but the last convolution.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Examples:
        >>> kr.blocks.inverted_residual(16)(keras.Input((8, 8, 16))).shape
        (None, 8, 8, 16)
    """
    wide = expansion * axes.channels(x, scope.where)
    after = [as_norm(norm), activation]
    branch = [
        *([weights(wide, 1, norm=norm), *after] if expansion > 1 else []),
        *(each_weights(kernel_size, stride, norm=norm), *after),
        *(weights(filters, 1, norm=norm), as_norm(norm)),
    ]
    return _carried(x, scope, branch, (filters, stride, tail))


@part
@checked
def mbconv(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    expansion: Count = 6,
    kernel_size: Count = 3,
    ratio: Count = 4,
    norm: NormSlot = "batch",
    activation: PartSlot = "silu",
    tail: Any = None,
) -> Tensor:
    """Makes an inverted residual with squeeze and excitation, as in EfficientNet.

    Identity at initialisation: no.

    Reference:
        Tan & Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural
        Networks, 2019, https://arxiv.org/abs/1905.11946; Tan et al., MnasNet,
        2018, https://arxiv.org/abs/1807.11626.

    Args:
        filters: Channels of the output.
        stride: Stride of the depthwise convolution.
        expansion: Channels inside for one of the input; at 1 nothing widens.
        kernel_size: Elements that the depthwise kernel spans along each axis.
        ratio: Channels of the block's input, not of those inside, for each number in
            the middle of squeeze and excitation.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation after all but the last convolution.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Examples:
        >>> kr.blocks.mbconv(16)(keras.Input((8, 8, 16))).shape
        (None, 8, 8, 16)
    """
    narrow = axes.channels(x, scope.where)
    after = [as_norm(norm), activation]
    excite = squeeze_excite(width=max(1, narrow // ratio), activation=activation)
    widen = [weights(expansion * narrow, 1, norm=norm), *after]
    branch = [
        *(widen if expansion > 1 else []),
        *(each_weights(kernel_size, stride, norm=norm), *after, excite),
        *(weights(filters, 1, norm=norm), as_norm(norm)),
    ]
    return _carried(x, scope, branch, (filters, stride, tail))


@part
@checked
def fused_mbconv(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    expansion: Count = 4,
    kernel_size: Count = 3,
    norm: NormSlot = "batch",
    activation: PartSlot = "silu",
    tail: Any = None,
) -> Tensor:
    """Makes an inverted residual that widens with one whole convolution.

    For early stages: where channels are few, one plain convolution is faster than a
    pointwise and a depthwise one.

    Identity at initialisation: no.

    Reference:
        Tan & Le, EfficientNetV2: Smaller Models and Faster Training, 2021,
        https://arxiv.org/abs/2104.00298.

    Args:
        filters: Channels of the output.
        stride: Stride of the first convolution.
        expansion: Channels inside for one of the input; at 1 one convolution and an
            activation are all of the branch.
        kernel_size: Elements that the first kernel spans along each axis.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation after the first convolution.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Examples:
        >>> kr.blocks.fused_mbconv(16)(keras.Input((8, 8, 16))).shape
        (None, 8, 8, 16)
    """
    wide = expansion * axes.channels(x, scope.where) if expansion > 1 else filters
    narrow = [weights(filters, 1, norm=norm), as_norm(norm)] if expansion > 1 else []
    branch = [
        *(weights(wide, kernel_size, stride, norm=norm), as_norm(norm), activation),
        *narrow,
    ]
    return _carried(x, scope, branch, (filters, stride, tail))


def _carried(x: Tensor, scope: Scope, branch: list, goal: tuple) -> Tensor:
    """Carries the input past the branch where the shape stays; its tail only there."""
    filters, stride, tail = goal
    stays = stride == 1 and axes.channels(x, scope.where) == filters
    if stays:
        return Residual([*branch, tail], "identity").unfold(x, scope)
    return Residual(branch, "none").unfold(x, scope)
