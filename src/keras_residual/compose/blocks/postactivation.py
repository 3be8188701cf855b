"""The blocks of ResNet v1: the activation comes after the sum."""

from __future__ import annotations

from typing import Any, Literal

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import carrier, last_norm, weights
from keras_residual.compose.named import NormSlot, PartSlot, ShortcutSlot
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.residual import Residual


@checked
def basic(
    filters: Count,
    *,
    stride: Count = 1,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
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
    filters: Count,
    *,
    stride: Count = 1,
    stride_at: Literal["conv1", "conv2"] = "conv2",
    expansion: Count = 4,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Residual:
    """Makes the block that narrows, convolves and widens, as in ResNet-50.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, figure 5 right,
        https://arxiv.org/abs/1512.03385.

    Args:
        filters: Channels inside; the output has `expansion` times as many.
        stride: Stride of the block.
        stride_at: The convolution that strides: `"conv2"`, the 3x3 one, which reads
            every element ("v1.5", as torchvision and timm); or `"conv1"`, the paper's
            and that of `keras.applications`.
        expansion: Channels of the output for one inside.
        shortcut: A shortcut or its name; projections named by a word get `norm`.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation inside the branch and after the merge.
        zero_init: Whether the last norm starts at zero, so that the block starts as
            its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe.

    Raises:
        ResidualError: No convolution is called so.

    Examples:
        >>> kr.blocks.bottleneck(64, stride=2)(keras.Input((32, 32, 64))).shape
        (None, 16, 16, 256)
    """
    if stride_at not in ("conv1", "conv2"):
        raise ResidualError(
            "bottleneck strides at its first or its second convolution.",
            given=f"stride_at={stride_at!r}",
            write='stride_at="conv2"',
        )
    strides = (stride, 1) if stride_at == "conv1" else (1, stride)
    slots = {"norm": norm, "activation": activation, "tail": tail}
    branch = narrowed(filters, expansion * filters, strides, zero_init, **slots)
    return Residual(branch, carrier(shortcut, norm), activation=activation)


def narrowed(
    width: Count,
    filters: Count,
    strides: tuple[int, int],
    zero_init: bool,
    *,
    norm: Any,
    activation: Any,
    tail: Any,
    **options: Any,
) -> list[Any]:
    """Returns the branch of a bottleneck.

    Args:
        width: Channels inside.
        filters: Channels of the output.
        strides: Strides of the first two convolutions.
        zero_init: Whether the last norm starts at zero.
        norm: A norm or its kind.
        activation: Activation between the convolutions.
        tail: What ends it.
        **options: Of the convolution in the middle.
    """
    middle = weights(width, 3, strides[1], norm=norm, **options)
    return [
        *(weights(width, 1, strides[0], norm=norm), as_norm(norm), activation),
        *(middle, as_norm(norm), activation),
        weights(filters, 1, norm=norm),
        *(last_norm(norm, zero_init), tail),
    ]
