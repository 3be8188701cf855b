"""The blocks of ResNet v1: the activation comes after the sum."""

from __future__ import annotations

from typing import Any

from keras_residual.compose.arguments import checked
from keras_residual.compose.blocks.slots import carrier, last_norm, weights
from keras_residual.compose.named import NormSlot, ShortcutSlot
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.residual import Residual


@checked
def basic(
    filters: int,
    *,
    stride: int = 1,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: Any = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Residual:
    """Makes the block of two 3x3 convolutions, as in ResNet-18 and 34.

    Use it up to some fifty layers; `preactivation` trains deeper.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, figure 5 left,
        https://arxiv.org/abs/1512.03385. `zero_init`: Goyal et al., Accurate, Large
        Minibatch SGD, 2017, section 5.1, https://arxiv.org/abs/1706.02677.

    Args:
        filters: Channels of the output.
        stride: Stride of the first convolution.
        shortcut: A shortcut or its name; projections named by a word get `norm`.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation after the first convolution and after the merge.
        zero_init: Whether the last norm starts at zero, so that the block starts as
            its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.basic(64, stride=2)(keras.Input((32, 32, 3))).shape
        (None, 16, 16, 64)
    """
    branch = [
        *(weights(filters, 3, stride, norm=norm), as_norm(norm), activation),
        *(weights(filters, 3, norm=norm), last_norm(norm, zero_init), tail),
    ]
    return Residual(branch, carrier(shortcut, norm), activation=activation)


@checked
def bottleneck(
    filters: int,
    *,
    stride: int = 1,
    expansion: int = 4,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: Any = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Residual:
    """Makes the block that narrows, convolves and widens, as in ResNet-50.

    The stride is in the 3x3 convolution, where it reads every element ("v1.5").

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, figure 5 right,
        https://arxiv.org/abs/1512.03385.

    Args:
        filters: Channels inside; the output has `expansion` times as many.
        stride: Stride of the 3x3 convolution.
        expansion: Channels of the output for one inside.
        shortcut: A shortcut or its name; projections named by a word get `norm`.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation inside the branch and after the merge.
        zero_init: Whether the last norm starts at zero, so that the block starts as
            its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.bottleneck(64, stride=2)(keras.Input((32, 32, 64))).shape
        (None, 16, 16, 256)
    """
    branch = [
        *(weights(filters, 1, norm=norm), as_norm(norm), activation),
        *(weights(filters, 3, stride, norm=norm), as_norm(norm), activation),
        weights(expansion * filters, 1, norm=norm),
        *(last_norm(norm, zero_init), tail),
    ]
    return Residual(branch, carrier(shortcut, norm), activation=activation)
