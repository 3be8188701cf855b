"""Shortcuts: what carries the input to the merge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import keras

from keras_residual.build import axes, graph
from keras_residual.build.merge import Merge
from keras_residual.build.naming import Scope
from keras_residual.build.part import Made, Tensor, factory, part
from keras_residual.build.parts.convolution import conv
from keras_residual.build.parts.elementary import dense
from keras_residual.build.parts.normalization import as_norm
from keras_residual.build.parts.pooling import pool

__all__ = [
    "auto",
    "identity",
    "none",
    "pooled_projection",
    "projection",
    "zero_pad",
]

P = ParamSpec("P")


class Shortcut(Made):
    """A part that looks at what the branch made before it carries the input."""

    def carry(
        self, x: Tensor, change: Tensor, merge: Merge, scope: Scope
    ) -> Tensor | None:
        return self.build(x, change, merge, scope, **self.given)

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        raise TypeError(
            f"{scope.where}: {self!r} follows a branch, and here is none.\n"
            f"Write it as a shortcut:  Residual(branch, shortcut={self!r})"
        )


def _shortcut(
    build: Callable[Concatenate[Tensor, Tensor, Merge, Scope, P], Tensor | None],
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
def auto(
    x: Tensor, change: Tensor, merge: Merge, scope: Scope, **options: Any
) -> Tensor | None:
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
    if merge.fits(*graph.sizes(x, change)):
        return x
    return projection(**options).carry(x, change, merge, scope)


@_shortcut
def projection(
    x: Tensor,
    change: Tensor,
    merge: Merge,
    scope: Scope,
    norm: Any = None,
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
    del merge
    width = axes.channels(change, scope.where)
    options = {"use_bias": norm is None, **options}
    if axes.rank(x):
        stride = strides(x, change, scope)
        options = {"stride": stride, "padding": "symmetric", **options}
        project = conv(width, kernel_size, **options)
    else:
        project = dense(width, **options)
    return as_norm(norm).unfold(project.unfold(x, scope), scope)


@_shortcut
def pooled_projection(
    x: Tensor,
    change: Tensor,
    merge: Merge,
    scope: Scope,
    norm: Any = None,
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
    if merge.fits(*graph.sizes(x, change)):
        return x
    stride = strides(x, change, scope)
    pooled = x
    if set(stride) - {1}:
        pooled = pool("average", stride).unfold(x, scope)
    return projection(norm, **options).carry(pooled, change, merge, scope)


@_shortcut
def zero_pad(
    x: Tensor, change: Tensor, merge: Merge, scope: Scope, where: str = "after"
) -> Tensor | None:
    """Takes every stride-th element and adds channels of zeros; has no weights.

    Args:
        where: `"after"` puts the zeros behind the channels that there are (Torch's
            original); `"around"` puts half of them before.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, section 3.3,
        option A, https://arxiv.org/abs/1512.03385.

    Raises:
        ValueError: The branch has fewer channels than its input.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> kr.Residual(kr.conv(32, stride=2), shortcut="zero_pad")(x).shape
        (None, 16, 16, 32)
    """
    del merge
    missing = axes.channels(change, scope.where) - axes.channels(x, scope.where)
    if missing < 0 or where not in ("after", "around"):
        raise ValueError(
            f"{scope.where}: zero_pad(where={where!r}) cannot carry {x.shape} "
            f"to {change.shape}.\n"
            'It adds channels, "after" or "around". To take some away write  '
            'shortcut="projection"'
        )
    stride = strides(x, change, scope)
    if set(stride) - {1}:
        x = pool("max", 1, stride=stride, padding="valid").unfold(x, scope)
    before = missing // 2 if where == "around" else 0
    return _pad_channels(x, before, missing - before, scope) if missing else x


@_shortcut
def none(x: Tensor, change: Tensor, merge: Merge, scope: Scope) -> None:
    """Carries nothing: the plain network, as a control.

    Examples:
        >>> plain = kr.Residual(kr.dense(8), shortcut="none")
        >>> x = keras.Input((4,))
        >>> [layer.name for layer in keras.Model(x, plain(x)).layers][1:]
        ['residual1_branch_dense1']
    """
    del x, change, merge, scope


def strides(x: Tensor, change: Tensor, scope: Scope) -> tuple[int, ...]:
    """Returns the steps along each axis that take `x` to the size of `change`.

    Raises:
        ValueError: No stride leads there.
    """
    before, after = map(axes.spatial, graph.sizes(x, change))
    if len(before) == len(after):
        found = [axes.stride_between(a, b) for a, b in zip(before, after, strict=True)]
        if None not in found:
            return tuple(filter(None, found))
    raise ValueError(
        f"{scope.where}: no stride carries {x.shape} to {change.shape}.\n"
        "A shortcut can take every 2nd, 3rd, ... element. Keep the size in the branch "
        '(padding="same"), or give a shortcut of your own:  shortcut=[...]'
    )


def _pad_channels(x: Tensor, before: int, after: int, scope: Scope) -> Tensor:
    """Pads the channel axis, by taking it for a spatial one.

    Keras pads spatial axes only. Read in the other data format, `(batch, height,
    width, channels)` is (batch, channels, height, width): its last axis is spatial.
    """
    first = axes.channel_axis(x) == 1
    name, sides = scope.name("pad"), (before, after)
    if not axes.rank(x):
        width = x.shape[-1] + before + after
        x = keras.layers.Reshape((x.shape[-1], 1), name=f"{name}_open")(x)
        rows = axes.layer_for("ZeroPadding", x, scope.where)
        x = rows(sides, data_format="channels_last", name=name)(x)
        return keras.layers.Reshape((width,), name=f"{name}_close")(x)
    others = [(0, 0)] * (axes.rank(x) - 1)
    around = [sides, *others] if first else [*others, sides]
    swapped = "channels_last" if first else "channels_first"
    pad = axes.layer_for("ZeroPadding", x, scope.where)
    return pad(around if others else sides, data_format=swapped, name=name)(x)
