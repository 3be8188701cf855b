"""The five introductory blocks, as they are taught for the Functional API.

Each takes `(input_tensor, filters)` and returns a tensor. Where the input has
`filters` channels the graph is the textbook's, layer by layer, with Keras's own
defaults. Where it has not, the textbook fails at the sum; here the shortcut is
projected with a 1x1 convolution.

They are for learning and for small networks; `kr.blocks` has the published ones.
"""

from __future__ import annotations

from typing import Any

from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.part import Tensor
from keras_residual.compose.parts import conv, norm
from keras_residual.compose.residual import Residual


@checked
def residual_block(input_tensor: Any, filters: Count) -> Tensor:
    """Adds two convolutions, each with a ReLU, to the input.

    The branch ends in a ReLU, so it can only add: the stream grows and is never
    corrected downwards (7.84 % errors for 6.61 % at depth 110 in He et al., Identity
    Mappings in Deep Residual Networks, 2016, table 2).

    Args:
        input_tensor: Images, `(batch, height, width, channels)`.
        filters: Channels of the output.

    Returns:
        Tensor of `(batch, height, width, filters)`.

    Examples:
        >>> kr.residual_block(keras.Input((256, 256, 3)), 64).shape
        (None, 256, 256, 64)
    """
    branch = [conv(filters, 3, activation="relu"), conv(filters, 3, activation="relu")]
    return Residual(branch)(input_tensor)


@checked
def residual_block_with_activation(input_tensor: Any, filters: Count) -> Tensor:
    """Adds two linear convolutions to the input, then applies a ReLU.

    Nothing between the two convolutions bends, so the branch is one linear 5x5 map.

    Args:
        input_tensor: Images, `(batch, height, width, channels)`.
        filters: Channels of the output.

    Returns:
        Tensor of `(batch, height, width, filters)`.

    Examples:
        >>> kr.residual_block_with_activation(keras.Input((32, 32, 3)), 64).shape
        (None, 32, 32, 64)
    """
    branch = [conv(filters, 3), conv(filters, 3)]
    return Residual(branch, activation="relu")(input_tensor)


@checked
def residual_block_with_batchnorm(input_tensor: Any, filters: Count) -> Tensor:
    """Adds convolution, norm, ReLU, convolution, norm to the input, then a ReLU.

    The block of ResNet v1. Its norms have Keras's defaults here (momentum 0.99), which
    evaluate short runs badly; `kr.blocks.basic` has 0.9.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, figure 2,
        https://arxiv.org/abs/1512.03385.

    Args:
        input_tensor: Images, `(batch, height, width, channels)`.
        filters: Channels of the output.

    Returns:
        Tensor of `(batch, height, width, filters)`.

    Examples:
        >>> kr.residual_block_with_batchnorm(keras.Input((32, 32, 3)), 64).shape
        (None, 32, 32, 64)
    """
    keras_norm = norm("batch", momentum=0.99, epsilon=1e-3)
    branch = [conv(filters, 3), keras_norm, "relu", conv(filters, 3), keras_norm]
    return Residual(branch, activation="relu")(input_tensor)


@checked
def expanded_residual_block(input_tensor: Any, filters: Count) -> Tensor:
    """Widens to four times the filters, convolves there, narrows, adds, then a ReLU.

    The reverse of a bottleneck: 16 times the multiplications of a 3x3 convolution at
    `filters`, which inverted residuals avoid with a depthwise one.

    Args:
        input_tensor: Images, `(batch, height, width, channels)`.
        filters: Channels of the output.

    Returns:
        Tensor of `(batch, height, width, filters)`.

    Examples:
        >>> kr.expanded_residual_block(keras.Input((32, 32, 3)), 64).shape
        (None, 32, 32, 64)
    """
    branch = [
        conv(4 * filters, 1, activation="relu"),
        conv(4 * filters, 3, activation="relu"),
        conv(filters, 1),
    ]
    return Residual(branch, activation="relu")(input_tensor)


@checked
def identity_residual_block(input_tensor: Any, filters: Count) -> Tensor:
    """Adds one convolution of the input to the input.

    Linear: one convolution with a one added to its kernel's centre would compute the
    same. Put activations between such blocks.

    Args:
        input_tensor: Images, `(batch, height, width, channels)`.
        filters: Channels of the output.

    Returns:
        Tensor of `(batch, height, width, filters)`.

    Examples:
        >>> kr.identity_residual_block(keras.Input((32, 32, 3)), 64).shape
        (None, 32, 32, 64)
    """
    return Residual(conv(filters, 3))(input_tensor)
