"""Shortcuts without weights that take fewer positions, or add channels."""

from __future__ import annotations

from typing import Literal, get_args

import keras

from keras_residual._keras import operation_of
from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import offered
from keras_residual.compose.following import shortcut, strides
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import Sizes
from keras_residual.compose.operations.pooling import pool
from keras_residual.compose.part import Goal, Tensor
from keras_residual.compose.sides import pad_channels

Zeros = Literal["after", "around"]
offered("Zeros", get_args(Zeros))


@shortcut
def zero_pad(
    x: Tensor, goal: Goal, scope: Scope, where: Zeros = "after"
) -> Tensor | None:
    """Takes every stride-th element and adds channels of zeros; has no weights.

    Args:
        where: `"after"` puts the zeros behind the channels that there are (Torch's
            original); `"around"` puts half of them before.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, section 3.3,
        option A, https://arxiv.org/abs/1512.03385.

    Raises:
        ResidualError: The branch has fewer channels than its input.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> kr.Residual(kr.conv(32, stride=2), shortcut="zero_pad")(x).shape
        (None, 16, 16, 32)
    """
    change, where_is = goal.change, scope.where
    missing = axes.channels(change, where_is) - axes.channels(x, where_is)
    if missing < 0:
        raise ResidualError(
            f"{where_is}: zero_pad cannot carry {x.shape} to {change.shape}.",
            needed="It adds channels, and takes none away.",
            write='shortcut="projection"',
        )
    stride = strides(x, goal, scope)
    before = missing // 2 if where == "around" else 0
    if missing:
        x = pad_channels(x, before, missing - before, scope)
    if set(stride) - {1} or (missing and _ends_in_convolution(goal.change)):
        x = pool("max", 1, stride=stride, padding="valid").unfold(x, scope)
    return x


def _ends_in_convolution(change: Tensor) -> bool:
    """Says whether what a convolution of pictures makes is the change.

    oneDNN under TensorFlow writes a sum into its other operand, and dies where a
    padding has just made that; so something has to stand between the two.
    """
    operation = operation_of(change)
    while isinstance(operation, keras.layers.Dropout):
        operation = operation_of(operation.input)
    return isinstance(operation, keras.layers.Conv2D) and operation.padding == "valid"


@shortcut
def max_pool(x: Tensor, goal: Goal, scope: Scope, size: Sizes | None = None) -> Tensor:
    """Takes the largest element of each window that the branch strides over.

    It has no weights, and leaves the channels: where the branch changes their number,
    another shortcut follows, `["max_pool", "projection"]`.

    Args:
        size: Elements of a window along each axis; by default as many as the branch
            strides over. With 1 it takes every stride-th element (ResNet v2 in Keras).

    Reference:
        Rajpurkar et al., Cardiologist-Level Arrhythmia Detection with Convolutional
        Neural Networks, 2017, https://arxiv.org/abs/1707.01836. Size 1: He et al.,
        Identity Mappings in Deep Residual Networks, 2016, as keras.applications builds
        it, https://arxiv.org/abs/1603.05027.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> kr.Residual(kr.conv(16, stride=2), shortcut="max_pool")(x).shape
        (None, 16, 16, 16)
    """
    stride = strides(x, goal, scope)
    return pool("max", size or stride, stride=stride).unfold(x, scope)
