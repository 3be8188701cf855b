"""The blocks that classify time series: a ResNet's, and InceptionTime's."""

from __future__ import annotations

from typing import Any

from keras_residual.compose import axes, shortcuts
from keras_residual.compose.arguments import Count, Counts, checked
from keras_residual.compose.merges import concatenate
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.parts import conv, pool
from keras_residual.compose.residual import Residual


@part
@checked
def time_series(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    kernel_sizes: Counts = (8, 5, 3),
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
    tail: Any = None,
) -> Tensor:
    """Makes the block of the ResNet for time series.

    Its shortcut has a norm even where it does not project, as published.

    Reference:
        Wang et al., Time Series Classification from Scratch with Deep Neural Networks,
        2016, https://arxiv.org/abs/1611.06455; Fawaz et al., Deep
        learning for time series classification: a review, 2018,
        https://arxiv.org/abs/1809.04356.

    Args:
        filters: Channels of the output.
        kernel_sizes: Steps of each kernel, one convolution each.
        norm: A norm or its kind. With `None` the convolutions have biases, which the
            authors' code has in any case; a norm takes them out again.
        activation: Activation between the convolutions and after the merge.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The part. Identity at initialisation: no.

    Examples:
        >>> kr.blocks.time_series(64)(keras.Input((150, 1))).shape
        (None, 150, 64)
    """
    after = [as_norm(norm), activation]
    branch = [
        each
        for size in kernel_sizes
        for each in (conv(filters, size, use_bias=norm is None), *after)
    ]
    changes = axes.channels(x, scope.where) != filters
    carried = shortcuts.projection(norm=norm) if changes else as_norm(norm)
    block = Residual([*branch[:-1], tail], carried, activation=activation)
    return block.unfold(x, scope)


@part
@checked
def inception_module(
    x: Tensor,
    scope: Scope,
    filters: Count = 32,
    *,
    kernel_sizes: Counts = (40, 20, 10),
    bottleneck: Count = 32,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes a module of InceptionTime: long, middle and short kernels side by side.

    A bottleneck narrows what these read, but for a single channel; a max-pool with a
    1x1 convolution is the fourth path.

    Reference:
        Fawaz et al., InceptionTime, 2019, https://arxiv.org/abs/1909.04939.

    Args:
        filters: Channels of each of the paths; the output has those of all.
        kernel_sizes: Steps of each kernel.
        bottleneck: Channels behind the bottleneck.
        norm: A norm or its kind, behind the paths.
        activation: Activation at the end.

    Returns:
        The part.

    Examples:
        >>> kr.blocks.inception_module(32)(keras.Input((150, 1))).shape
        (None, 150, 128)
    """
    scope = Scope(scope.claim("inception"))
    plain: dict[str, Any] = {"use_bias": norm is None}
    narrow = x
    if axes.channels(x, scope.where) > 1:
        narrow = conv(bottleneck, 1, **plain).unfold(x, scope)
    paths = [
        conv(filters, size, **plain).unfold(narrow, scope) for size in kernel_sizes
    ]
    pooled = as_part([pool("max", 3, stride=1), conv(filters, 1, **plain)])
    joined = concatenate().join([*paths, pooled.unfold(x, scope)], scope)
    return as_part([as_norm(norm), activation]).unfold(joined, scope)


@checked
def inception_time(
    filters: Count = 32,
    *,
    modules: Count = 3,
    kernel_sizes: Counts = (40, 20, 10),
    bottleneck: Count = 32,
    norm: NormSlot = "batch",
    activation: PartSlot = "relu",
) -> Residual:
    """Makes a residual block of InceptionTime: three modules, and a projection.

    The last module ends in a ReLU, as published, so that the branch can only add:
    tell the linter that it is intended, `kr.check(model, intended={"KR101": ["*"]})`.

    Reference:
        Fawaz et al., InceptionTime, 2019, https://arxiv.org/abs/1909.04939.

    Args:
        filters: Channels of each path of a module; the output has four times as many.
        modules: How many modules the skip spans.
        kernel_sizes: Steps of each kernel.
        bottleneck: Channels behind the bottleneck of a module.
        norm: A norm or its kind, in the modules and on the shortcut.
        activation: Activation of each module and after the merge.

    Returns:
        The recipe. Identity at initialisation: no.

    Examples:
        >>> kr.blocks.inception_time(32)(keras.Input((150, 1))).shape
        (None, 150, 128)
    """
    module = inception_module(
        filters,
        kernel_sizes=kernel_sizes,
        bottleneck=bottleneck,
        norm=norm,
        activation=activation,
    )
    carried = shortcuts.projection(norm=norm)
    return Residual([module] * modules, carried, activation=activation)
