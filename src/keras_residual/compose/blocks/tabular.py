"""The block for tables: features without an order."""

from __future__ import annotations

from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.named import NormSlot, PartSlot, ShortcutSlot
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.parts import dense, dropout
from keras_residual.compose.residual import Residual


@checked
def tabular(
    width: Count,
    *,
    expansion: float = 2.0,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    dropout_rate: float = 0.0,
    branch_dropout_rate: float = 0.0,
    shortcut: ShortcutSlot = "auto",
) -> Residual:
    """Makes the block of a residual network for tables.

    Reference:
        Gorishniy et al., Revisiting Deep Learning Models for Tabular Data, 2021,
        section 3.2, https://arxiv.org/abs/2106.11959.

    Args:
        width: Features of input and output.
        expansion: Hidden features for one of `width`.
        norm: A norm or its kind.
        activation: Activation between the two dense layers.
        dropout_rate: Share of the hidden features that is dropped.
        branch_dropout_rate: Share of the branch's features that is dropped.
        shortcut: A shortcut or its name.

    Returns:
        The recipe.

    Examples:
        >>> kr.blocks.tabular(64)(keras.Input((64,))).shape
        (None, 64)
    """
    hidden = dense(round(expansion * width), kernel_initializer="he_normal")
    branch = [
        *(as_norm(norm), hidden, activation, dropout(dropout_rate)),
        *(dense(width), dropout(branch_dropout_rate)),
    ]
    return Residual(branch, shortcut)
