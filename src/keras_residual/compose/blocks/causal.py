"""The causal blocks: TCN and WaveNet, whose steps read no later one."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, Counts, checked
from keras_residual.compose.meeting import keep_mask
from keras_residual.compose.named import ShortcutSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.turning import need_sequence
from keras_residual.compose.part import Tensor, part
from keras_residual.compose.parts import conv, dropout, parallel, weight_norm_conv
from keras_residual.compose.residual import Residual


@part
@checked
def tcn(
    x: Tensor,
    scope: Scope,
    filters: Count,
    kernel_size: Count = 3,
    *,
    dilation_rate: Count = 1,
    dropout_rate: float = 0.2,
    shortcut: ShortcutSlot = "auto",
    tail: Any = None,
) -> Tensor:
    """Makes the block of a temporal convolutional network.

    Double the dilation from block to block: `n` of them see
    `1 + 2 (kernel_size - 1) (2^n - 1)` steps. The branch ends in a ReLU, as published,
    so that it can only add: tell the linter that it is intended,
    `kr.check(model, intended={"KR101": ["*"]})`.

    Reference:
        Bai et al., An Empirical Evaluation of Generic Convolutional and Recurrent
        Networks for Sequence Modeling, 2018,
        https://arxiv.org/abs/1803.01271.

    Args:
        filters: Channels of the output.
        kernel_size: Steps of a kernel.
        dilation_rate: Steps from one element of a kernel to the next.
        dropout_rate: Share of the channels that is dropped behind each convolution, as
            the paper says; its authors' code drops elements.
        shortcut: A shortcut or its name.
        tail: Part at the end of the branch, such as `kr.scale(0.0)`.

    Returns:
        The part. Identity at initialisation: no. The kernels start as normal(0.01), as
        the authors' code asks for; there weight normalisation undoes it, and PyTorch's
        default values count.

    Examples:
        >>> kr.blocks.tcn(25, 7, dilation_rate=4)(keras.Input((None, 1))).shape
        (None, None, 25)
    """
    need_sequence(x, scope, "a TCN block")
    start = keras.initializers.RandomNormal(stddev=0.01)
    how: dict[str, Any] = {"padding": "causal", "dilation_rate": dilation_rate}
    branch = []
    for _ in range(2):
        convolution = weight_norm_conv(
            filters, kernel_size, kernel_initializer=start.clone(), **how
        )
        branch += [convolution, "relu", dropout(dropout_rate, per="channel")]
    block = Residual([*branch, tail], shortcut, activation="relu")
    return block.unfold(x, scope)


@part
@checked
def wavenet(
    x: Tensor,
    scope: Scope,
    filters: Count,
    skip_filters: Count | None = None,
    *,
    kernel_size: Count = 2,
    dilation_rates: Counts = (1, 2, 4, 8),
) -> Tensor:
    """Makes a stack of WaveNet's layers, and returns the sum of their skips.

    A layer has two outputs: what it adds to the stream, and what it hands to the end of
    the network. So its branch is tapped, `[gate, tap, conv]`, and the taps' 1x1
    convolutions are added, not averaged. The last layer's own sum would be read by
    nobody, and is not there. The stack sees
    `1 + (kernel_size - 1) sum(dilation_rates)` steps.

    Reference:
        van den Oord et al., WaveNet, 2016,
        https://arxiv.org/abs/1609.03499.

    Args:
        filters: Channels of the gates.
        skip_filters: Channels of the output. As many as the input has by default.
        kernel_size: Steps of a kernel.
        dilation_rates: Of each layer, the steps between elements of its kernels.

    Returns:
        The part. Identity at initialisation: no.

    Examples:
        >>> stack = kr.blocks.wavenet(16, 32, dilation_rates=(1, 2, 4))
        >>> stack(keras.Input((None, 8))).shape
        (None, None, 32)
    """
    need_sequence(x, scope, "a WaveNet")
    width, first = axes.channels(x, scope.where), x
    scope, taps = Scope(scope.claim("wavenet")), []
    out = conv(skip_filters or width, 1)
    for number, rate in enumerate(dilation_rates, 1):
        inner = Scope(f"{scope.prefix}_layer{number}")
        gates = _gates(filters, kernel_size, rate)
        if number < len(dilation_rates):
            layer = Residual([gates, lambda z: taps.append(z) or z, conv(width, 1)])
            x = layer.unfold(x, inner)
        else:
            taps.append(gates.unfold(x, inner.inside("branch")))
        taps[-1] = out.unfold(taps[-1], inner.inside("skip"))
    y = keras.layers.Add(name=scope.name("add"))(taps) if len(taps) > 1 else taps[0]
    return keep_mask(first, y, scope)


def _gates(filters: int, kernel_size: int, rate: int) -> Any:
    """Van den Oord et al. 2016: tanh(W_f x) sigmoid(W_g x)."""
    how: dict[str, Any] = {"padding": "causal", "dilation_rate": rate}
    halves = [
        conv(filters, kernel_size, activation=each, **how)
        for each in ("tanh", "sigmoid")
    ]
    return parallel(halves, merge="multiply")
