"""ConvMixer: places are mixed channel by channel, then channels place by place."""

from __future__ import annotations

from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import each_weights
from keras_residual.compose.meeting import keep_mask
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.parts import conv
from keras_residual.compose.residual import Residual


@part
@checked
def convmixer(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    kernel_size: Count = 9,
    norm: NormSlot = "batch",
    activation: PartSlot = "gelu",
) -> Tensor:
    """Makes the block of a residual depthwise convolution and a pointwise one.

    Only the depthwise convolution is passed by: what the pointwise one makes is all
    that goes on.

    Identity at initialisation: no.

    Reference:
        Trockman & Kolter, Patches Are All You Need?, 2022,
        https://arxiv.org/abs/2201.09792.

    Args:
        filters: Channels of input and output.
        kernel_size: Elements that the depthwise kernel spans along each axis.
        norm: A norm or its kind, after each activation.
        activation: Activation after each convolution.

    Examples:
        >>> kr.blocks.convmixer(64)(keras.Input((32, 32, 64))).shape
        (None, 32, 32, 64)
    """
    after = [activation, as_norm(norm)]
    each = each_weights(kernel_size, norm=None, padding="same")
    places = Residual([each, *after], "identity")
    y = as_part([places, conv(filters, 1), *after]).unfold(x, scope)
    return keep_mask(x, y, scope)
