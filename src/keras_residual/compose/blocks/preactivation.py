"""The blocks of ResNet v2: norm and activation come before the weights."""

from __future__ import annotations

from typing import Any

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import carrier, weights
from keras_residual.compose.named import NormSlot, PartSlot, ShortcutSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Part, Tensor, as_part, part
from keras_residual.compose.parts import dropout
from keras_residual.compose.residual import Residual

START = {False: "he_normal", True: "zeros"}


@part
@checked
def preactivation(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Tensor:
    """Makes the block of two 3x3 convolutions with the activations before them.

    Nothing touches the stream after the sum, so a network of them needs one more norm
    and activation at its end. Where the shape changes, branch and projection share the
    first norm and activation.

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016, figure 4e,
        https://arxiv.org/abs/1603.05027.

    Args:
        filters: Channels of the output.
        stride: Stride of the first convolution.
        shortcut: A shortcut or its name. Projections named by a word have no norm.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation before each convolution.
        zero_init: Whether the last convolution starts at zero, so that the block
            starts as its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The part.

    Examples:
        >>> kr.blocks.preactivation(64, stride=2)(keras.Input((32, 32, 16))).shape
        (None, 16, 16, 64)
    """
    before = [as_norm(norm), activation]
    last = weights(filters, 3, norm=norm, kernel_initializer=START[zero_init])
    rest = [weights(filters, 3, stride, norm=norm), *before, last, tail]
    changes = stride != 1 or axes.channels(x, scope.where) != filters
    return _unfold(x, scope, (before, rest, _linear(shortcut, norm)), changes)


@part
@checked
def preactivation_bottleneck(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    expansion: Count = 4,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Tensor:
    """Makes the block that narrows, convolves and widens, activations first.

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016, section 5,
        https://arxiv.org/abs/1603.05027.

    Args:
        filters: Channels inside; the output has `expansion` times as many.
        stride: Stride of the 3x3 convolution.
        expansion: Channels of the output for one inside.
        shortcut: A shortcut or its name. Projections named by a word have no norm.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation before each convolution.
        zero_init: Whether the last convolution starts at zero, so that the block
            starts as its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The part.

    Examples:
        >>> kr.blocks.preactivation_bottleneck(64)(keras.Input((32, 32, 256))).shape
        (None, 32, 32, 256)
    """
    before = [as_norm(norm), activation]
    wide = expansion * filters
    last = weights(wide, 1, norm=norm, kernel_initializer=START[zero_init])
    middle = weights(filters, 3, stride, norm=norm)
    rest = [weights(filters, 1, norm=norm), *before, middle, *before, last, tail]
    changes = stride != 1 or axes.channels(x, scope.where) != wide
    return _unfold(x, scope, (before, rest, _linear(shortcut, norm)), changes)


@part
@checked
def wide(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    dropout_rate: float = 0.3,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Tensor:
    """Makes the pre-activation block with dropout between its convolutions.

    It is meant for few blocks of many channels, as in WRN-28-10. The dropout is in the
    branch: on the shortcut it would ruin the stream.

    Identity at initialisation: no, but its shortcut with `zero_init=True`.

    Reference:
        Zagoruyko & Komodakis, Wide Residual Networks, 2016,
        https://arxiv.org/abs/1605.07146.

    Args:
        filters: Channels of the output.
        stride: Stride of the first convolution.
        dropout_rate: Share of the elements that is dropped; the paper's 0.3, or 0.
        shortcut: A shortcut or its name. Projections named by a word have no norm.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation before each convolution.
        zero_init: Whether the last convolution starts at zero, so that the block
            starts as its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The part.

    Examples:
        >>> kr.blocks.wide(160, stride=2)(keras.Input((32, 32, 16))).shape
        (None, 16, 16, 160)
    """
    before = [as_norm(norm), activation]
    between = dropout(dropout_rate) if dropout_rate else None
    last = weights(filters, 3, norm=norm, kernel_initializer=START[zero_init])
    rest = [weights(filters, 3, stride, norm=norm), *before, between, last, tail]
    changes = stride != 1 or axes.channels(x, scope.where) != filters
    return _unfold(x, scope, (before, rest, _linear(shortcut, norm)), changes)


def _linear(shortcut: Any, norm: Any) -> Part:
    return carrier(shortcut, None, use_bias=norm is None)


def _unfold(x: Tensor, scope: Scope, slots: tuple, changes: bool) -> Tensor:
    """Shares the first norm and activation with the shortcut where shapes change."""
    before, rest, shortcut = slots
    scope = Scope(scope.claim("residual"))
    if not changes:
        return Residual([*before, *rest], shortcut).unfold(x, scope)
    x = as_part(before).unfold(x, scope.inside("preactivation"))
    return Residual(rest, shortcut).unfold(x, scope)
