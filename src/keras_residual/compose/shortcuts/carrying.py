"""Shortcuts that carry the input as it is, or its middle, or nothing."""

from __future__ import annotations

from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes, sizes
from keras_residual.compose.following import meets, shortcut
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Goal, Tensor, part
from keras_residual.compose.shortcuts.projecting import projection
from keras_residual.compose.sides import crop_sides


@part
def identity(x: Tensor, scope: Scope) -> Tensor:
    """Carries the input as it is. The shapes must agree.

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016, equation 3,
        https://arxiv.org/abs/1603.05027.

    Examples:
        >>> kr.Residual(kr.dense(8), shortcut="identity")(keras.Input((8,))).shape
        (None, 8)
    """
    del scope
    return x


@shortcut
def auto(x: Tensor, goal: Goal, scope: Scope, **options: Any) -> Tensor | None:
    """Carries the input as it is where the merge can take it, else projects it.

    Args:
        **options: Arguments of `projection`.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, section 3.3,
        option B, https://arxiv.org/abs/1512.03385.

    Examples:
        >>> x = keras.Input((32, 32, 3))
        >>> kr.Residual(kr.conv(64, 3, stride=2), shortcut="auto")(x).shape
        (None, 16, 16, 64)
    """
    if meets(x, goal):
        return x
    return projection(**options).carry(x, goal, scope)


@shortcut
def crop(x: Tensor, goal: Goal, scope: Scope) -> Tensor:
    """Takes the borders away that the branch takes away, half of them on each side.

    A convolution without padding makes 30 of 32; this makes the shortcut follow. Where
    the branch changes the width or strides, too, another shortcut carries on.

    Reference:
        Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image
        Segmentation, 2015, figure 1, https://arxiv.org/abs/1505.04597.

    Raises:
        ResidualError: The branch does more than to take borders away and to stride.

    Examples:
        >>> x = keras.Input((32, 32, 3))
        >>> branch = kr.conv(8, padding="valid")
        >>> kr.Residual(branch, shortcut=["crop", "projection"])(x).shape
        (None, 30, 30, 8)
    """
    found = sizes.steps(goal.start, x, goal.change)
    if len(found) != axes.rank(x) or any(s is None or s.trimmed < 0 for s in found):
        raise ResidualError(
            f"{scope.where}: no crop carries {x.shape} to {goal.change.shape}.",
            needed="It takes borders away.",
            write="a branch no larger than its input, or a shortcut of your own:  "
            "shortcut=[...]",
        )
    trimmed = [step.trimmed for step in found if step]
    borders = [(k // 2, k - k // 2) for k in trimmed]
    return crop_sides(x, borders, scope) if any(map(any, borders)) else x


@shortcut
def none(x: Tensor, goal: Goal, scope: Scope) -> None:
    """Carries nothing: the plain network, as a control.

    Examples:
        >>> plain = kr.Residual(kr.dense(8), shortcut="none")
        >>> x = keras.Input((4,))
        >>> [layer.name for layer in keras.Model(x, plain(x)).layers][1:]
        ['residual1_branch_dense1']
    """
    del x, goal, scope
