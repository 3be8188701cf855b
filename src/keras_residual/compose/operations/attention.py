"""Attention over channels and places: what all positions hold weighs each of them."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_residual.compose import graph
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.axes import channel_axis, channels, layer_for, rank
from keras_residual.compose.layers import GlobalResponseNorm
from keras_residual.compose.layers.keep_mask import FillMasked
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import conv
from keras_residual.compose.operations.elementary import act
from keras_residual.compose.part import Part, Tensor, as_part, part
from keras_residual.compose.residual import Residual


@part
@checked
def squeeze_excite(
    x: Tensor,
    scope: Scope,
    ratio: Count = 16,
    *,
    width: Count | None = None,
    activation: Any = "relu",
    gate: Any = "sigmoid",
) -> Tensor:
    """Weighs each channel by what all positions hold (squeeze and excitation).

    It stands at the end of a branch, after its last norm and before the sum. Leave it
    out where every operation counts: it reads all of its input before it writes any.

    Identity at initialisation: no; the gates start near one half.

    Args:
        ratio: Channels for each number in the middle. Networks of few channels want
            less than 16.
        width: Numbers in the middle, in place of `ratio`.
        activation: Activation in the middle.
        gate: Activation that makes the weights, such as `"hard_sigmoid"`.

    Reference:
        Hu et al., Squeeze-and-Excitation Networks, 2017,
        https://arxiv.org/abs/1709.01507.

    Examples:
        >>> block = kr.Residual([kr.conv(32), kr.parts.squeeze_excite()])
        >>> block(keras.Input((8, 8, 32))).shape
        (None, 8, 8, 32)
    """
    whole = channels(x, scope.where)
    excite = [
        *(
            _mean,
            conv(width or max(1, whole // ratio), 1, kernel_initializer="he_normal"),
            activation,
        ),
        *(conv(whole, 1, kernel_initializer="he_normal"), gate),
    ]
    return _weighed(x, excite, scope.name("squeeze_excite"))


@part
@checked
def eca(
    x: Tensor, scope: Scope, kernel_size: Count | None = None, *, gate: Any = "sigmoid"
) -> Tensor:
    """Weighs each channel by the means of its neighbours (efficient channel attention).

    A convolution along the channels takes the place of the two layers of
    `squeeze_excite`: three to seven weights in all.

    Identity at initialisation: no; the gates start near one half.

    Args:
        kernel_size: Channels that a weight depends on; odd. By default
            `log2(channels) / 2 + 1 / 2`, rounded down; one more where that is even.
        gate: Activation that makes the weights.

    Reference:
        Wang et al., ECA-Net: Efficient Channel Attention for Deep Convolutional Neural
        Networks, 2019, https://arxiv.org/abs/1910.03151.

    Examples:
        >>> block = kr.Residual([kr.conv(64), kr.parts.eca()])
        >>> block(keras.Input((8, 8, 64))).shape
        (None, 8, 8, 64)
    """
    layer_for("GlobalAveragePooling", x, scope.where)  # refuses what has no positions
    width = channels(x, scope.where)
    if kernel_size is None:
        kernel_size = int((math.log2(width) + 1) / 2) // 2 * 2 + 1
    along = keras.layers.Conv1D(
        1, kernel_size, padding="same", use_bias=False, data_format="channels_last"
    )
    flat = [_mean, keras.layers.Reshape((width, 1)), along]
    return _weighed(x, [*flat, gate, _as_channels(x, width)], scope.name("eca"))


@part
@checked
def cbam(
    x: Tensor, scope: Scope, ratio: Count = 16, *, kernel_size: Count = 7
) -> Tensor:
    """Weighs channels, then positions (convolutional block attention).

    Means and maxima of all positions go through one small network and are added; then
    those of all channels go through one convolution. What is masked counts in none of
    them: for the convolution it lies outside.

    Identity at initialisation: no; the gates start near one half.

    Args:
        ratio: Channels for each number in the middle of the network.
        kernel_size: Elements that the weight of a position depends on, along each axis.

    Reference:
        Woo et al., CBAM: Convolutional Block Attention Module, 2018,
        https://arxiv.org/abs/1807.06521.

    Examples:
        >>> block = kr.Residual([kr.conv(32), kr.parts.cbam()])
        >>> block(keras.Input((8, 8, 32))).shape
        (None, 8, 8, 32)
    """
    width = channels(x, scope.where)
    shared = as_part(
        [
            keras.layers.Dense(
                max(1, width // ratio),
                activation="relu",
                kernel_initializer="he_normal",
            ),
            keras.layers.Dense(width, kernel_initializer="he_normal"),
        ]
    )
    means, maxima = (
        layer_for(kind, x, scope.where)()
        for kind in ("GlobalAveragePooling", "GlobalMaxPooling")
    )
    pools = [
        as_part([means, shared]),
        as_part([_unmasked("least"), maxima, shared]),
    ]

    def channelwise(y: Tensor) -> Tensor:
        return keras.layers.Add()([each(y) for each in pools])

    weights = [channelwise, act("sigmoid"), _as_channels(x, width)]
    x = _weighed(x, weights, scope.name("channels"))
    weights = [_unmasked("zero"), _of_channels, conv(1, kernel_size), act("sigmoid")]
    return _weighed(x, weights, scope.name("places"))


@part
@checked
def grn(x: Tensor, scope: Scope, epsilon: float = 1e-6) -> Tensor:
    """Lets channels compete by their size over all positions (global response norm).

    `y = x + gamma * x * N(x) + beta`, where `N` is the norm of a channel over the
    positions, divided by the mean of these norms.

    Identity at initialisation: yes; gamma and beta start at zero.

    Args:
        epsilon: Is added to the mean that divides.

    Reference:
        Woo et al., ConvNeXt V2, 2023,
        https://arxiv.org/abs/2301.00808.

    Examples:
        >>> kr.parts.grn()(keras.Input((8, 8, 32))).shape
        (None, 8, 8, 32)
    """
    layer_for("GlobalAveragePooling", x, scope.where)  # refuses what has no positions
    return GlobalResponseNorm(channel_axis(x), epsilon, name=scope.name("grn"))(x)


def _weighed(x: Tensor, weights: list[Any], name: str) -> Tensor:
    return Residual(weights, "identity", "multiply", name=name)(x)


@part
def _unmasked(x: Tensor, scope: Scope, by: str) -> Tensor:
    """Fills what is masked, where a mask will come."""
    if graph.mask(x) is None:
        return x
    return FillMasked(by, axis=channel_axis(x), name=scope.name("fill"))(x)


def _mean(x: Tensor) -> Tensor:
    return layer_for("GlobalAveragePooling", x, "squeeze_excite")(keepdims=True)(x)


def _of_channels(x: Tensor) -> Tensor:
    axis = channel_axis(x)
    pooled = [
        pool(x, axis=axis, keepdims=True) for pool in (keras.ops.mean, keras.ops.max)
    ]
    return keras.layers.Concatenate(axis)(pooled)


def _as_channels(x: Tensor, width: int) -> Part:
    """Returns the part that lays numbers along the channels of `x`."""
    ones = (1,) * rank(x)
    shape = (width, *ones) if channel_axis(x) == 1 else (*ones, width)
    return as_part(keras.layers.Reshape(shape))
