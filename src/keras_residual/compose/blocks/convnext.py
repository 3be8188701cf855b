"""ConvNeXt, first and second version: few norms, few activations, large kernels."""

from __future__ import annotations

from typing import Any

from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.operations.attention import grn
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.parts import conv, depthwise, norm, scale
from keras_residual.compose.residual import Residual

LAYER_NORM = norm("layer", epsilon=1e-6)


SMALL = {"class_name": "TruncatedNormal", "config": {"stddev": 0.02}}
"""The published start of a kernel."""


@checked
def convnext(
    filters: Count,
    *,
    kernel_size: Count = 7,
    expansion: Count = 4,
    scale_init: float = 1e-6,
    norm: NormSlot = LAYER_NORM,
    activation: PartSlot = "gelu",
    tail: Any = None,
) -> Residual:
    """Makes the block of one depthwise convolution and two pointwise ones.

    The stream has as many channels as the block; between stages stands a norm and a
    strided convolution.

    Identity at initialisation: to within 1e-5 of the largest value, by the scale.

    Reference:
        Liu et al., A ConvNet for the 2020s, 2022, https://arxiv.org/abs/
        2201.03545.

    Args:
        filters: Channels of input and output.
        kernel_size: Elements that the depthwise kernel spans along each axis.
        expansion: Channels inside for one of the stream.
        scale_init: Where the scale of each channel at the branch's end starts.
        norm: The norm after the depthwise convolution, a kind or a part.
        activation: Activation between the pointwise convolutions.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.convnext(96)(keras.Input((56, 56, 96))).shape
        (None, 56, 56, 96)
    """
    branch = [
        *(depthwise(kernel_size, depthwise_initializer=SMALL), as_norm(norm)),
        *(conv(expansion * filters, 1, kernel_initializer=SMALL), activation),
        *(
            conv(filters, 1, kernel_initializer=SMALL),
            scale(scale_init, per="channel"),
            tail,
        ),
    ]
    return Residual(branch, "identity")


@checked
def convnext_v2(
    filters: Count,
    *,
    kernel_size: Count = 7,
    expansion: Count = 4,
    norm: NormSlot = LAYER_NORM,
    activation: PartSlot = "gelu",
    tail: Any = None,
) -> Residual:
    """Makes the block of ConvNeXt in which channels compete; it has no scale.

    Identity at initialisation: to within a few hundredths, as its kernels start small.

    Reference:
        Woo et al., ConvNeXt V2: Co-designing and Scaling ConvNets with Masked
        Autoencoders, 2023, https://arxiv.org/abs/2301.00808.

    Args:
        filters: Channels of input and output.
        kernel_size: Elements that the depthwise kernel spans along each axis.
        expansion: Channels inside for one of the stream.
        norm: The norm after the depthwise convolution, a kind or a part.
        activation: Activation between the pointwise convolutions.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.convnext_v2(96)(keras.Input((56, 56, 96))).shape
        (None, 56, 56, 96)
    """
    branch = [
        *(depthwise(kernel_size, depthwise_initializer=SMALL), as_norm(norm)),
        *(conv(expansion * filters, 1, kernel_initializer=SMALL), activation, grn()),
        *(conv(filters, 1, kernel_initializer=SMALL), tail),
    ]
    return Residual(branch, "identity")
