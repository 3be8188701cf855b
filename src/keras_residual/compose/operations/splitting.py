"""Channels in shares: split, put together, and mixed."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.axes import channel_axis, channels
from keras_residual.compose.graph import maker_of
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, as_part


def split(x: Tensor, shares: int, scope: Scope) -> list[Tensor]:
    """Returns equal shares of the channels.

    Args:
        x: The tensor.
        shares: Their number; it divides the channels.
        scope: Names the operation.
    """
    pieces: Any = keras.ops.split(x, shares, axis=channel_axis(x))
    scope.adopt(maker_of(pieces[0]).operation)
    return pieces


def join(pieces: list[Tensor], scope: Scope) -> Tensor:
    """Returns the pieces' channels one after the other."""
    axis = channel_axis(pieces[0])
    return keras.layers.Concatenate(axis, name=scope.name("concatenate"))(pieces)


def shuffle(x: Tensor, groups: int, scope: Scope) -> Tensor:
    """Returns the channels so that those of each group lie `groups` apart.

    Zhang et al., ShuffleNet, 2017: channels `(groups, n)` are read as
    `(n, groups)`.
    """
    width = channels(x, scope.where)
    each = width // groups
    order = [group * each + n for n in range(each) for group in range(groups)]
    taken = as_part(lambda t: keras.ops.take(t, order, axis=channel_axis(t)))
    return taken.unfold(x, scope)
