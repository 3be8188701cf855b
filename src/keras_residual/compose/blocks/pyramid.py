"""PyramidNet: width grows block by block, and nothing is projected."""

from __future__ import annotations

from typing import Any

from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import last_norm, weights
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.parts import pool
from keras_residual.compose.residual import Residual
from keras_residual.compose.shortcuts import zero_pad


@checked
def pyramid(
    filters: Count,
    *,
    stride: Count = 1,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Residual:
    """Makes a block with one activation, for networks that widen a little each block.

    In the authors' code block `k` of `n` has `round(16 + alpha * k / n)` channels. The
    shortcut adds channels of zeros, and averages where the branch strides.

    Identity at initialisation: no, but its shortcut with `zero_init=True`.

    Reference:
        Han et al., Deep Pyramidal Residual Networks, 2016,
        https://arxiv.org/abs/1610.02915.

    Args:
        filters: Channels of the output, no fewer than those of the input.
        stride: Stride of the first convolution.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation between the convolutions.
        zero_init: Whether the last norm starts at zero, so that the block starts as
            its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.pyramid(20, stride=2)(keras.Input((8, 8, 16))).shape
        (None, 4, 4, 20)
    """
    branch = [
        *(as_norm(norm), weights(filters, 3, stride, norm=norm)),
        *(as_norm(norm), activation, weights(filters, 3, norm=norm)),
        *(last_norm(norm, zero_init), tail),
    ]
    shrink = [pool("average", stride)] if stride > 1 else []
    return Residual(branch, [*shrink, zero_pad()])
