"""Res2Net: a bottleneck whose middle is a chain of shares of the channels."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.blocks.slots import (
    carrier,
    last_norm,
    share_of,
    weights,
)
from keras_residual.compose.named import NormSlot, PartSlot, ShortcutSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.splitting import join, split
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.parts import pool
from keras_residual.compose.residual import Residual


@part
@checked
def res2net(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    scale: Count = 4,
    base_width: Count = 26,
    shortcut: ShortcutSlot = "auto",
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    zero_init: bool = False,
    tail: Any = None,
) -> Tensor:
    """Makes a bottleneck whose middle convolves the channels in a chain of shares.

    The first share is carried as it is; each other is convolved together with what the
    one before became, and so sees more. Where the shape changes nothing is handed on,
    and the first share is averaged.

    Identity at initialisation: no, but its shortcut's activation with `zero_init=True`.

    Reference:
        Gao et al., Res2Net: A New Multi-scale Backbone Architecture, 2019,
        https://arxiv.org/abs/1904.01169.

    Args:
        filters: Channels of a plain bottleneck inside; the output has 4 times as many.
        stride: Stride of the block.
        scale: Number of shares, at least two.
        base_width: Channels of a share where `filters` is 64.
        shortcut: A shortcut or its name; projections named by a word get `norm`.
        norm: A norm or its kind. With `None` the convolutions have biases.
        activation: Activation inside the branch and after the merge.
        zero_init: Whether the last norm starts at zero, so that the block starts as
            its shortcut.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Raises:
        ResidualError: There are fewer than two shares, or they have no channel.

    Examples:
        >>> kr.blocks.res2net(64)(keras.Input((8, 8, 256))).shape
        (None, 8, 8, 256)
    """
    if scale < 2:
        raise ResidualError(
            f"{scope.where}: res2net convolves each share but the first.",
            given=f"{scale=}",
            needed="Of one share it would convolve nothing: that is a bottleneck.",
            write=f"kr.blocks.bottleneck({filters})",
        )
    width, wide = share_of(filters, base_width, scope.where), 4 * filters
    first = stride != 1 or axes.channels(x, scope.where) != wide
    middle = _first(scale, width, stride) if first else _chain(scale, width)
    branch = [
        *(weights(scale * width, 1, norm=norm), as_norm(norm), activation),
        middle.but(norm=norm, activation=activation),
        *(weights(wide, 1, norm=norm), last_norm(norm, zero_init), tail),
    ]
    return Residual(branch, carrier(shortcut, norm), activation=activation).unfold(
        x, scope
    )


@part
def _chain(
    x: Tensor,
    scope: Scope,
    shares: int,
    width: int,
    *,
    norm: Any = None,
    activation: PartSlot = None,
) -> Tensor:
    """Convolves each share but the first, after what the one before became."""
    each = as_part([weights(width, 3, norm=norm), as_norm(norm), activation])
    carried, *rest = split(x, shares, scope)
    made = [carried]
    for share in rest:
        add = keras.layers.Add(name=scope.name("add")) if len(made) > 1 else None
        made.append(each.unfold(add([share, made[-1]]) if add else share, scope))
    return join(made, scope)


@part
def _first(
    x: Tensor,
    scope: Scope,
    shares: int,
    width: int,
    stride: int,
    *,
    norm: Any = None,
    activation: PartSlot = None,
) -> Tensor:
    """Convolves each share but the first, each for itself, and averages the first."""
    each = as_part([weights(width, 3, stride, norm=norm), as_norm(norm), activation])
    carried, *rest = split(x, shares, scope)
    zeros = axes.layer_for("ZeroPadding", x, scope.where)(1, name=scope.name("pad"))
    mean = pool("average", 3, stride=stride, padding="valid")
    made = [mean.unfold(zeros(carried), scope)]
    return join([*made, *(each.unfold(share, scope) for share in rest)], scope)
