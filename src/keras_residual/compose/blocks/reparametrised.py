"""RepVGG and MobileOne as they are trained: convolutions and norms side by side."""

from __future__ import annotations

from typing import Any

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import each_weights, weights
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.parts import parallel
from keras_residual.compose.residual import Residual


@part
@checked
def repvgg(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    groups: Count = 1,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes the block of a 3x3 and a 1x1 convolution and a norm, in its training form.

    All three are linear, so that `kr.fuse` can put one 3x3 convolution in their place
    after training. The norm of the input is there where the shape stays.

    Identity at initialisation: no.

    Reference:
        Ding et al., RepVGG: Making VGG-style ConvNets Great Again, 2021,
        https://arxiv.org/abs/2101.03697.

    Args:
        filters: Channels of the output.
        stride: Stride of the convolutions.
        groups: Groups of the convolutions.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation after the sum.

    Examples:
        >>> kr.blocks.repvgg(48, stride=2)(keras.Input((32, 32, 3))).shape
        (None, 16, 16, 48)
    """
    shares = {"groups": groups} if groups > 1 else {}
    big, small = (
        [weights(filters, size, stride, norm=norm, **shares), as_norm(norm)]
        for size in (3, 1)
    )
    stays = stride == 1 and axes.channels(x, scope.where) == filters
    carried = parallel([small, as_norm(norm)]) if stays else small
    return Residual(big, carried, activation=activation).unfold(x, scope)


@part
@checked
def mobileone(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    branches: Count = 4,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes a depthwise and a pointwise block, each of many alike, in training form.

    Each block is a sum of several convolutions with a norm each, of a 1x1 convolution
    beside the depthwise ones, and of a norm of the input where the shape stays;
    `kr.fuse` can put one convolution in its place after training.

    Identity at initialisation: no.

    Reference:
        Vasu et al., MobileOne: An Improved One millisecond Mobile Backbone, 2022,
        https://arxiv.org/abs/2206.04040.

    Args:
        filters: Channels of the output.
        stride: Stride of the depthwise block.
        branches: Convolutions that are alike, side by side.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation after each block.

    Examples:
        >>> kr.blocks.mobileone(64, stride=2)(keras.Input((32, 32, 32))).shape
        (None, 16, 16, 64)
    """
    width = axes.channels(x, scope.where)
    big, small = (
        [each_weights(size, stride, norm=norm), as_norm(norm)] for size in (3, 1)
    )
    deep = _summed([big] * branches, [small], as_norm(norm) if stride == 1 else None)
    point = [weights(filters, 1, norm=norm), as_norm(norm)]
    flat = _summed([point] * branches, [], as_norm(norm) if width == filters else None)
    blocks = [Residual(b, c, activation=activation) for b, c in (deep, flat)]
    return as_part(blocks).unfold(x, scope)


def _summed(branches: list, beside: list, norm: Any) -> tuple[Any, Any]:
    """Returns what the branches, and what is beside them, are as two slots."""
    carried = [*beside, *([norm] if norm is not None else [])]
    branch = parallel(branches) if len(branches) > 1 else branches[0]
    if not carried:
        return branch, "none"
    return branch, carried[0] if len(carried) == 1 else parallel(carried)
