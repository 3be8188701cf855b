"""DenseNet: each layer reads all layers before it."""

from __future__ import annotations

from typing import Any

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import weights
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.parts import pool
from keras_residual.compose.residual import Residual


@checked
def densenet_layer(
    growth_rate: Count,
    *,
    expansion: Count = 4,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    tail: Any = None,
) -> Residual:
    """Makes the layer that adds some channels to those that there are.

    A chain of them is a dense block; a network needs one more norm and activation at
    its end.

    Identity at initialisation: no; the input is the first channels of the output.

    Reference:
        Huang et al., Densely Connected Convolutional Networks, 2016 (DenseNet-B),
        https://arxiv.org/abs/1608.06993.

    Args:
        growth_rate: Channels that the layer adds.
        expansion: Channels between the two convolutions for one that is added.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation before each convolution.
        tail: Part at the end of the branch, such as `kr.dropout(0.2)`.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.densenet_layer(32)(keras.Input((8, 8, 64))).shape
        (None, 8, 8, 96)
    """
    before = [as_norm(norm), activation]
    narrow = weights(expansion * growth_rate, 1, norm=norm)
    branch = [*before, narrow, *before, weights(growth_rate, 3, norm=norm), tail]
    return Residual(branch, "identity", "concatenate")


@part
@checked
def densenet_transition(
    x: Tensor,
    scope: Scope,
    compression: float = 0.5,
    *,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes what stands between two dense blocks: fewer channels, half the size.

    Identity at initialisation: no; it changes the shape.

    Reference:
        Huang et al., Densely Connected Convolutional Networks, 2016, section 3
        (DenseNet-C), https://arxiv.org/abs/1608.06993.

    Args:
        compression: Channels that are left for one of the input.
        norm: A norm or its kind. With `None` the convolution has a bias.
        activation: Activation before the convolution.

    Examples:
        >>> kr.blocks.densenet_transition()(keras.Input((8, 8, 64))).shape
        (None, 4, 4, 32)
    """
    filters = int(compression * axes.channels(x, scope.where))
    fewer = [as_norm(norm), activation, weights(filters, 1, norm=norm)]
    return as_part([*fewer, pool("average", 2, padding="valid")]).unfold(x, scope)
