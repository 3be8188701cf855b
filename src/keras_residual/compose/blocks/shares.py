"""ShuffleNet V2 and GhostNet: only some of the channels are computed."""

from __future__ import annotations

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import each_weights, weights
from keras_residual.compose.meeting import keep_mask
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.attention import squeeze_excite
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.splitting import join, shuffle, split
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.residual import Residual


@part
@checked
def shufflenet_v2(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes the block that carries half of the channels, computes half, and mixes them.

    Where the shape changes, both halves are computed from all channels.

    Identity at initialisation: no, but half of the channels are the input's.

    Reference:
        Ma et al., ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture
        Design, 2018, https://arxiv.org/abs/1807.11164.

    Args:
        filters: Channels of the output, an even number.
        stride: Stride of the depthwise convolutions.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation after the pointwise convolutions.

    Raises:
        ResidualError: The channels have no half.

    Examples:
        >>> kr.blocks.shufflenet_v2(116, stride=2)(keras.Input((8, 8, 24))).shape
        (None, 4, 4, 116)
    """
    if filters % 2:
        raise ResidualError(
            f"{scope.where}: shufflenet_v2 halves its channels.",
            given=f"filters={filters}",
            write=f"filters={filters + 1}",
        )
    scope = Scope(scope.claim("residual"))
    stays = stride == 1 and axes.channels(x, scope.where) == filters
    alone, seen = split(x, 2, scope) if stays else (x, x)
    point = [weights(filters // 2, 1, norm=norm), as_norm(norm), activation]
    deep = [each_weights(3, stride, norm=norm), as_norm(norm)]
    if not stays:
        alone = as_part([*deep, *point]).unfold(x, scope.inside("shortcut"))
    made = as_part([*point, *deep, *point]).unfold(seen, scope.inside("branch"))
    y = shuffle(join([alone, made], scope.inside("merge")), 2, scope)
    return keep_mask(x, y, scope)


@part
@checked
def ghost_module(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    kernel_size: Count = 1,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Tensor:
    """Convolves to half of the channels, and makes the other half cheaply of these.

    Identity at initialisation: no.

    Reference:
        Han et al., GhostNet: More Features from Cheap Operations, 2019,
        https://arxiv.org/abs/1911.11907.

    Args:
        filters: Channels of the output, an even number.
        kernel_size: Elements that the whole convolution spans along each axis.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation of both halves.

    Raises:
        ResidualError: The channels have no half.

    Examples:
        >>> kr.blocks.ghost_module(32)(keras.Input((8, 8, 16))).shape
        (None, 8, 8, 32)
    """
    if filters % 2:
        raise ResidualError(
            f"{scope.where}: ghost_module halves its channels.",
            given=f"filters={filters}",
            write=f"filters={filters + 1}",
        )
    primary = [weights(filters // 2, kernel_size, norm=norm), as_norm(norm), activation]
    cheap = Residual(
        [each_weights(3, norm=norm), as_norm(norm), activation],
        "identity",
        "concatenate",
    )
    return as_part([*primary, cheap]).unfold(x, scope)


@part
@checked
def ghost(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    hidden: Count,
    stride: Count = 1,
    ratio: Count | None = None,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes a bottleneck of two ghost modules, the second without an activation.

    Identity at initialisation: no.

    Reference:
        Han et al., GhostNet: More Features from Cheap Operations, 2019,
        https://arxiv.org/abs/1911.11907.

    Args:
        filters: Channels of the output, an even number.
        hidden: Channels between the modules, an even number.
        stride: Stride of the depthwise convolution between them.
        ratio: Channels for each number in the middle of squeeze and excitation; none
            by default.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation of the first module.

    Examples:
        >>> kr.blocks.ghost(16, hidden=32)(keras.Input((8, 8, 16))).shape
        (None, 8, 8, 16)
    """
    excite = squeeze_excite(ratio, gate="hard_sigmoid") if ratio else None
    branch = [
        ghost_module(hidden, norm=norm, activation=activation),
        *([each_weights(3, stride, norm=norm), as_norm(norm)] if stride > 1 else []),
        *(excite, ghost_module(filters, norm=norm, activation=None)),
    ]
    stays = stride == 1 and axes.channels(x, scope.where) == filters
    carried = [
        *(each_weights(3, stride, norm=norm), as_norm(norm)),
        *(weights(filters, 1, norm=norm), as_norm(norm)),
    ]
    return Residual(branch, "identity" if stays else carried).unfold(x, scope)
