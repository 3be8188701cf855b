"""Pooling that blurs first."""

from __future__ import annotations

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count
from keras_residual.compose.following import follower, strides
from keras_residual.compose.layers import BlurPool
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import Sizes
from keras_residual.compose.part import Goal, Tensor


@follower
def blur_pool(
    x: Tensor,
    goal: Goal | None,
    scope: Scope,
    stride: Sizes | None = None,
    size: Count = 4,
) -> Tensor:
    """Blurs each channel with a fixed kernel, then takes every stride-th element.

    A small shift of the input changes less than with plain strides. It stands where a
    layer would stride: after the activation behind a convolution, whose own stride is
    then 1; after a max-pool of stride 1; and on the shortcut, where the branch says
    how far it strides. It leaves the channels: `["blur_pool", "projection"]`.

    Args:
        stride: Elements between those that are taken, along each axis. On a shortcut
            those of the branch by default, elsewhere 2.
        size: Elements of the binomial kernel along each axis: 3 is (1, 2, 1) / 4.

    Reference:
        Zhang, Making Convolutional Networks Shift-Invariant Again, 2019,
        https://arxiv.org/abs/1904.11486.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> branch = [kr.conv(32), "relu", kr.parts.blur_pool()]
        >>> kr.Residual(branch, ["blur_pool", "projection"])(x).shape
        (None, 16, 16, 32)
    """
    axes.layer_for("AveragePooling", x, scope.where)  # refuses what has no positions
    if stride is None:
        stride = strides(x, goal, scope) if goal else 2
    return BlurPool(stride, size, name=scope.name("blur_pool"))(x)
