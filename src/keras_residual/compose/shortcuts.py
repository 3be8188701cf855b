"""Shortcuts: what carries the input to the merge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.common.late import public
from keras_residual.compose import axes, sizes
from keras_residual.compose.apart import advice
from keras_residual.compose.named import NormSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import conv
from keras_residual.compose.operations.elementary import dense
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.pooling import pool
from keras_residual.compose.part import Goal, Made, Tensor, factory, part
from keras_residual.compose.sides import crop_sides, pad_channels

__all__ = [
    "auto",
    "crop",
    "identity",
    "none",
    "pooled_projection",
    "projection",
    "zero_pad",
]

__dir__ = public(__all__)

P = ParamSpec("P")


class Shortcut(Made):
    """A part that looks at what the branch made before it carries the input."""

    def carry(self, x: Tensor, goal: Goal, scope: Scope) -> Tensor | None:
        return self.build(x, goal, scope, **self.given)

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        raise KindError(
            f"{scope.where}: {self!r} follows a branch, and here is none.",
            write=f"Residual(branch, shortcut={self!r})",
        )


def _shortcut(
    build: Callable[Concatenate[Tensor, Goal, Scope, P], Tensor | None],
) -> Callable[P, Shortcut]:
    return factory(Shortcut, build)


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


@_shortcut
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


@_shortcut
def projection(
    x: Tensor,
    goal: Goal,
    scope: Scope,
    norm: NormSlot = None,
    *,
    kernel_size: int = 1,
    **options: Any,
) -> Tensor:
    """Projects the input to the branch's width and stride with a 1x1 convolution.

    Features are projected with a dense layer. Where there is no norm there is a bias.

    Args:
        norm: Norm after the projection; a kind or a part. None by default; ResNet v1
            has batch normalisation there, v2 has none.
        kernel_size: Elements the kernel spans; SENet-154 has 3.
        **options: Arguments of the Keras layer.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, equation 2,
        https://arxiv.org/abs/1512.03385.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> kr.Residual(kr.conv(16), shortcut=kr.shortcuts.projection("batch"))(x).shape
        (None, 32, 32, 16)
    """
    width = axes.channels(goal.change, scope.where)
    options = {"use_bias": norm is None, **options}
    if axes.rank(x):
        stride = strides(x, goal, scope)
        options = {"stride": stride, "padding": "symmetric", **options}
        project = conv(width, kernel_size, **options)
    else:
        project = dense(width, **options)
    return as_norm(norm).unfold(project.unfold(x, scope), scope)


@_shortcut
def pooled_projection(
    x: Tensor,
    goal: Goal,
    scope: Scope,
    norm: NormSlot = None,
    **options: Any,
) -> Tensor | None:
    """Averages what the branch strides over, then projects the width (ResNet-D).

    A strided 1x1 projection reads one element in `stride ** rank`; this one reads
    all. The identity where shapes agree.

    Args:
        norm: Norm after the projection; a kind or a part.
        **options: Arguments of the Keras layer that projects.

    Reference:
        He et al., Bag of Tricks for Image Classification with Convolutional Neural
        Networks, 2018, figure 2c, https://arxiv.org/abs/1812.01187.

    Examples:
        >>> x = keras.Input((33, 33, 16))
        >>> block = kr.Residual(kr.conv(32, stride=2), shortcut="pooled_projection")
        >>> block(x).shape
        (None, 17, 17, 32)
    """
    if meets(x, goal):
        return x
    stride = strides(x, goal, scope)
    pooled = x
    if set(stride) - {1}:
        pooled = pool("average", stride).unfold(x, scope)
    return projection(norm, **options).carry(pooled, goal, scope)


@_shortcut
def zero_pad(
    x: Tensor, goal: Goal, scope: Scope, where: str = "after"
) -> Tensor | None:
    """Takes every stride-th element and adds channels of zeros; has no weights.

    Args:
        where: `"after"` puts the zeros behind the channels that there are (Torch's
            original); `"around"` puts half of them before.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, section 3.3,
        option A, https://arxiv.org/abs/1512.03385.

    Raises:
        ResidualError: The branch has fewer channels than its input.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> kr.Residual(kr.conv(32, stride=2), shortcut="zero_pad")(x).shape
        (None, 16, 16, 32)
    """
    change, where_is = goal.change, scope.where
    missing = axes.channels(change, where_is) - axes.channels(x, where_is)
    if missing < 0 or where not in ("after", "around"):
        raise ResidualError(
            f"{scope.where}: zero_pad(where={where!r}) cannot carry {x.shape} "
            f"to {change.shape}.",
            needed='It adds channels, "after" or "around", and takes none away.',
            write='shortcut="projection"',
        )
    stride = strides(x, goal, scope)
    if set(stride) - {1}:
        x = pool("max", 1, stride=stride, padding="valid").unfold(x, scope)
    before = missing // 2 if where == "around" else 0
    return pad_channels(x, before, missing - before, scope) if missing else x


@_shortcut
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


@_shortcut
def none(x: Tensor, goal: Goal, scope: Scope) -> None:
    """Carries nothing: the plain network, as a control.

    Examples:
        >>> plain = kr.Residual(kr.dense(8), shortcut="none")
        >>> x = keras.Input((4,))
        >>> [layer.name for layer in keras.Model(x, plain(x)).layers][1:]
        ['residual1_branch_dense1']
    """
    del x, goal, scope


def meets(x: Tensor, goal: Goal) -> bool:
    """Says whether the merge can take `x` as it is, at every size."""
    rows = sizes.tried(goal.start, [x, goal.change])
    return all(goal.merge.fits(carried, change) for _, carried, change in rows)


def strides(x: Tensor, goal: Goal, scope: Scope) -> tuple[int, ...]:
    """Returns the steps along each axis that take `x` to the size of the change.

    Raises:
        ResidualError: No stride leads there.
    """
    found = sizes.steps(goal.start, x, goal.change)
    if len(found) == axes.rank(x) and all(step and not step.trimmed for step in found):
        return tuple(step.stride for step in found if step)
    where = f"{scope.where}: no stride carries {x.shape} to {goal.change.shape}"
    if None in goal.start.shape[1:]:
        rows = sizes.tried(goal.start, [x, goal.change])
        where += "".join(f", {row[1]} to {row[2]}" for row in rows[:2])
    needed, write = advice(goal.start, x, goal.change) or (
        "A shortcut can take every 2nd, 3rd, ... element.",
        "a shortcut of your own that makes the same sizes:  shortcut=[...]",
    )
    raise ResidualError(f"{where}.", needed=needed, write=write)
