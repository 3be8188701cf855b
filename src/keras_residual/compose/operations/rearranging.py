"""Positions that are left out, or put into channels."""

from __future__ import annotations

from itertools import product

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.following import follower, strides
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import Sizes
from keras_residual.compose.operations.pooling import pool
from keras_residual.compose.part import Goal, Tensor
from keras_residual.compose.sides import crop_sides


def every(x: Tensor, stride: Sizes, scope: Scope) -> Tensor:
    """Takes every stride-th element along each axis, from the first."""
    steps = axes.each(stride, x)
    if set(steps) == {1}:
        return x
    return pool("max", 1, stride=steps, padding="valid").unfold(x, scope)


@follower
def space_to_depth(
    x: Tensor, goal: Goal | None, scope: Scope, size: Sizes | None = None
) -> Tensor:
    """Puts the elements of each block of positions one behind the other, as channels.

    Nothing is lost, and nothing learned. A block of 2 makes four times the channels of
    a picture; where a branch has others, `["space_to_depth", "projection"]`.

    Args:
        size: Elements of a block along each axis. On a shortcut those that the branch
            strides over by default, elsewhere 2.

    Reference:
        Jacobsen et al., i-RevNet: Deep Invertible Networks, 2018,
        https://arxiv.org/abs/1802.07088.

    Raises:
        ResidualError: A size is no multiple of the block's.

    Examples:
        >>> kr.parts.space_to_depth(2)(keras.Input((32, 32, 3))).shape
        (None, 16, 16, 12)
    """
    if size is None:
        size = strides(x, goal, scope) if goal else 2
    steps = axes.each(size, x)
    sizes = [x.shape[place] for place in axes.places(x)]
    if any(n is not None and n % step for n, step in zip(sizes, steps, strict=True)):
        raise ResidualError(
            f"{scope.where}: space_to_depth({size}) leaves a part of {x.shape} over.",
            needed="Sizes are multiples of the block's.",
            write='shortcut="pooled_projection", which takes any size',
        )
    blocks = []
    for first in product(*map(range, steps)):
        seen = crop_sides(x, [(n, 0) for n in first], scope) if any(first) else x
        blocks.append(every(seen, steps, scope))
    name = scope.name("concatenate")
    return keras.layers.Concatenate(axes.channel_axis(x), name=name)(blocks)
