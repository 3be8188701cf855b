"""Streams of one tensor: a sum each, or all that was made side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.compose import axes
from keras_residual.compose.connections.connection import Connection, Step
from keras_residual.compose.meeting import keep_mask, meet
from keras_residual.compose.merges import concatenate as joining
from keras_residual.compose.part import Tensor


@dataclass(frozen=True, repr=False)
class Plain(Connection):
    """The stream is the tensor itself."""


def plain() -> Connection:
    """Adds each change to the stream: a chain of `kr.Residual(branch)`.

    The baseline of all other connections.

    Identity at initialisation: no, unless the branches start at zero.

    Returns:
        A connection, for `kr.connect`.

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016, equation 3,
        https://arxiv.org/abs/1603.05027.

    Examples:
        >>> kr.connect(keras.Input((8,)), [kr.dense(8)], via=kr.connections.plain())
        <KerasTensor shape=(None, 8), dtype=float32, sparse=False, ragged=False, \
name=keras_tensor...>
    """
    return Plain()


@dataclass(frozen=True, repr=False)
class Dense(Connection):
    """The stream is all that was made, side by side."""

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        del x
        paths = {"stream": stream, "branch": change}
        meet(stream, paths, joining(), step.scope)
        axis = axes.channel_axis(stream)
        layer = keras.layers.Concatenate(axis, name=step.scope.name("concatenate"))
        return keep_mask(stream, layer([stream, change]), step.scope)


def dense() -> Connection:
    """Lets each branch read all that was made before it, as a DenseNet does.

    A change need not have the width of the stream: it may be a few channels, the growth
    rate, and the stream grows by them. The memory grows with the square of the depth.

    Identity at initialisation: no; the input is carried in the first channels.

    Returns:
        A connection, for `kr.connect`.

    Reference:
        Huang et al., Densely Connected Convolutional Networks, 2016, equation 2,
        https://arxiv.org/abs/1608.06993.

    Examples:
        >>> x = keras.Input((8, 8, 16))
        >>> kr.connect(x, [kr.conv(12)] * 3, via=kr.connections.dense()).shape
        (None, 8, 8, 52)
    """
    return Dense()
