"""Shortcuts with weights: they learn how the input is carried."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count
from keras_residual.compose.following import meets, shortcut, strides
from keras_residual.compose.named import NormSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import conv
from keras_residual.compose.operations.elementary import dense
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.pooling import pool
from keras_residual.compose.operations.rearranging import every
from keras_residual.compose.part import Goal, Tensor, part
from keras_residual.compose.sides import shift


@shortcut
def projection(
    x: Tensor,
    goal: Goal,
    scope: Scope,
    norm: NormSlot = None,
    *,
    kernel_size: Count = 1,
    **options: Any,
) -> Tensor:
    """Projects the input to the branch's width and stride with a 1x1 convolution.

    Features are projected with a dense layer. Where there is no norm there is a bias.

    Args:
        norm: Norm after the projection; a kind or a part. None by default; ResNet v1
            has batch normalisation there, v2 has none.
        kernel_size: Elements the kernel spans; SENet-154 has 3.
        **options: Arguments of the Keras layer.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, equation 2,
        https://arxiv.org/abs/1512.03385.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> kr.Residual(kr.conv(16), shortcut=kr.shortcuts.projection("batch"))(x).shape
        (None, 32, 32, 16)
    """
    width = axes.channels(goal.change, scope.where)
    options = {"use_bias": norm is None, **options}
    if axes.rank(x):
        stride = strides(x, goal, scope)
        options = {"stride": stride, "padding": "symmetric", **options}
        project = conv(width, kernel_size, **options)
    else:
        project = dense(width, **options)
    return as_norm(norm).unfold(project.unfold(x, scope), scope)


@shortcut
def pooled_projection(
    x: Tensor,
    goal: Goal,
    scope: Scope,
    norm: NormSlot = None,
    **options: Any,
) -> Tensor | None:
    """Averages what the branch strides over, then projects the width (ResNet-D).

    A strided 1x1 projection reads one element in `stride ** rank`; this one reads
    all. The identity where shapes agree.

    Args:
        norm: Norm after the projection; a kind or a part.
        **options: Arguments of the Keras layer that projects.

    Reference:
        He et al., Bag of Tricks for Image Classification with Convolutional Neural
        Networks, 2018, figure 2c, https://arxiv.org/abs/1812.01187.

    Examples:
        >>> x = keras.Input((33, 33, 16))
        >>> block = kr.Residual(kr.conv(32, stride=2), shortcut="pooled_projection")
        >>> block(x).shape
        (None, 17, 17, 32)
    """
    if meets(x, goal):
        return x
    stride = strides(x, goal, scope)
    pooled = x
    if set(stride) - {1}:
        pooled = pool("average", stride).unfold(x, scope)
    return projection(norm, **options).carry(pooled, goal, scope)


@shortcut
def factorized_reduction(
    x: Tensor, goal: Goal, scope: Scope, norm: NormSlot = None, **options: Any
) -> Tensor | None:
    """Projects every stride-th element and those beside them, half the width each.

    With a stride of 2 on pictures it reads two positions of every four, where a
    strided 1x1 projection reads one. The identity where shapes agree.

    Args:
        norm: Norm after both are put together; a kind or a part. None by default;
            Shake-Shake has batch normalisation there.
        **options: Arguments of the Keras layers that project.

    Reference:
        Gastaldi, Shake-Shake regularization, 2017,
        https://arxiv.org/abs/1705.07485; the name is that of Liu et al., DARTS, 2018,
        https://arxiv.org/abs/1806.09055.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> block = kr.Residual(kr.conv(32, stride=2), shortcut="factorized_reduction")
        >>> block(x).shape
        (None, 16, 16, 32)
    """
    if meets(x, goal):
        return x
    stride = strides(x, goal, scope)
    width = axes.channels(goal.change, scope.where)
    options = {"use_bias": norm is None, **options}
    halves = [
        conv(half, 1, **options).unfold(every(seen, stride, scope), scope)
        for half, seen in ((width // 2, x), (width - width // 2, shift(x, scope)))
    ]
    axis = axes.channel_axis(x)
    y = keras.layers.Concatenate(axis, name=scope.name("concatenate"))(halves)
    return as_norm(norm).unfold(y, scope)


@part
def low_rank(x: Tensor, scope: Scope, rank: Count) -> Tensor:
    """Adds a narrow linear change to the input: `x + B A x`, of `rank` channels inside.

    A full matrix on a shortcut costs much and trains badly at depth; this one begins
    as the identity and learns the little that it has weights for. The shapes must
    agree.

    Identity at initialisation: yes, because `B` starts at zero. The columns of `A`
    start orthogonal, of length `1 / rank`, as in the paper's language models.

    Args:
        rank: Channels between `A` and `B`.

    Reference:
        Menghani et al., LAuReL: Learned Augmented Residual Layer, 2024,
        https://arxiv.org/abs/2411.07501.

    Examples:
        >>> kr.Residual(kr.dense(8), kr.shortcuts.low_rank(2))(keras.Input((8,))).shape
        (None, 8)
    """
    width = axes.channels(x, scope.where)
    y = x
    columns = keras.initializers.Orthogonal(1 / rank)
    for units, start in ((rank, columns), (width, "zeros")):
        options = {"use_bias": False, "kernel_initializer": start}
        made = conv(units, 1, **options) if axes.rank(x) else dense(units, **options)
        y = made.unfold(y, scope)
    return keras.layers.Add(name=scope.name("add"))([x, y])
