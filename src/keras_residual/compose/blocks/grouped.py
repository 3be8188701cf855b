"""Bottlenecks with other middles and ends: ResNeXt, SE-ResNet."""

from __future__ import annotations

from typing import Any

from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.postactivation import bottleneck, narrowed
from keras_residual.compose.blocks.slots import carrier, share_of
from keras_residual.compose.named import NormSlot, PartSlot, ShortcutSlot
from keras_residual.compose.operations.attention import squeeze_excite
from keras_residual.compose.residual import Residual


@checked
def resnext(
    filters: Count,
    *,
    stride: Count = 1,
    cardinality: Count = 32,
    base_width: Count = 4,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Residual:
    """Makes a bottleneck whose 3x3 convolution works in groups, as in ResNeXt-50.

    With one group and `base_width=128` it is the wide bottleneck of
    Wide-ResNet-50-2. Grouped convolutions are slow on some backends.

    Identity at initialisation: no, but its shortcut's activation with `zero_init=True`.

    Reference:
        Xie et al., Aggregated Residual Transformations for Deep Neural Networks, 2016,
        https://arxiv.org/abs/1611.05431.

    Args:
        filters: Channels of a plain bottleneck inside; the output has 4 times as many.
        stride: Stride of the 3x3 convolution.
        cardinality: Number of groups.
        base_width: Channels of a group where `filters` is 64.
        shortcut: A shortcut or its name; projections named by a word get `norm`.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation inside the branch and after the merge.
        zero_init: Whether the last norm starts at zero, so that the block starts as
            its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe.

    Raises:
        ResidualError: A group would have no channel.

    Examples:
        >>> kr.blocks.resnext(64, stride=2)(keras.Input((32, 32, 64))).shape
        (None, 16, 16, 256)
    """
    width = share_of(filters, base_width, "resnext") * cardinality
    slots = {"norm": norm, "activation": activation, "tail": tail}
    groups = {"groups": cardinality} if cardinality > 1 else {}
    branch = narrowed(width, 4 * filters, (1, stride), zero_init, **slots, **groups)
    return Residual(branch, carrier(shortcut, norm), activation=activation)


@checked
def se_bottleneck(
    filters: Count, *, ratio: Count = 16, tail: Any = None, **slots: Any
) -> Residual:
    """Makes a bottleneck that ends in squeeze and excitation, as in SE-ResNet-50.

    Another block gets it by `tail=kr.parts.squeeze_excite()`.

    Identity at initialisation: no, but its shortcut's activation with `zero_init=True`.

    Reference:
        Hu et al., Squeeze-and-Excitation Networks, 2017,
        https://arxiv.org/abs/1709.01507.

    Args:
        filters: Channels inside; the output has 4 times as many.
        ratio: Channels for each number in the middle of squeeze and excitation.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.
        **slots: Arguments of `bottleneck`.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.se_bottleneck(64)(keras.Input((8, 8, 256))).shape
        (None, 8, 8, 256)
    """
    end = squeeze_excite(ratio)
    return bottleneck(filters, tail=end if tail is None else [end, tail], **slots)
