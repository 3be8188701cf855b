"""Couplings: a stream of two tensors, each of which the other can give back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import checked
from keras_residual.compose.connections.connection import (
    Connection,
    Step,
    added,
    alike,
)
from keras_residual.compose.layers.streams.depth import Momentum
from keras_residual.compose.layers.streams.lanes import Half
from keras_residual.compose.part import Tensor


@dataclass(frozen=True, repr=False)
class Reversible(Connection):
    """Two halves that are written in turn."""

    def open(self, x: Tensor, step: Step) -> Any:
        width = axes.channels(x, step.scope.prefix)
        if width % 2:
            raise ResidualError(
                f'Connection "{step.scope.prefix}": {width} channels have no halves.',
                needed="A coupling is of two halves of the channels.",
                write=f"kr.dense({width + 1}) before it",
            )
        axis, name = axes.channel_axis(x), step.scope.name
        return tuple(Half(at, axis=axis, name=name("half"))(x) for at in (False, True))

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        # The half that is written stands first.
        own, other = stream if step.index % 2 == 0 else stream[::-1]
        return other, (own, other)

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        own, other = stream
        y = added(own, alike(x, change, step), step)
        return (y, other) if step.index % 2 == 0 else (other, y)

    def close(self, stream: Any, step: Step) -> Tensor:
        axis, name = axes.channel_axis(stream[0]), step.scope.name("close")
        return keras.layers.Concatenate(axis, name=name)(list(stream))


def reversible() -> Reversible:
    """Couples two halves of the channels: `y_1 = x_1 + F(x_2)`, `y_2 = x_2 + G(y_1)`.

    Both can be computed back from the outputs. A branch reads and makes half of the
    channels. This is the equation; memory is used as for any network.

    Identity at initialisation: no, unless the branches start at zero.

    Returns:
        A connection, for `kr.connect`.

    Raises:
        ResidualError: The channels have no halves.

    Reference:
        Gomez et al., The Reversible Residual Network, 2017,
        https://arxiv.org/abs/1707.04585.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(4)] * 2, via=kr.connections.reversible()).shape
        (None, 10, 8)
    """
    return Reversible()


@dataclass(frozen=True, repr=False)
class MomentumConnection(Connection):
    """A stream with a velocity."""

    keeps: float = 0.9

    def open(self, x: Tensor, step: Step) -> Any:
        del step
        return x, None

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        del step
        return stream[0], stream[1]

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        change, name = alike(x, change, step), step.scope.name("velocity")
        if stream is None:
            velocity = keras.layers.Rescaling(1 - self.keeps, name=name)(change)
        else:
            velocity = Momentum(self.keeps, name=name)([stream, change])
        return added(x, velocity, step), velocity

    def close(self, stream: Any, step: Step) -> Tensor:
        del step
        return stream[0]

    def __repr__(self) -> str:
        return super().__repr__().replace("momentum_connection", "momentum")


@checked
def momentum(keeps: float = 0.9) -> MomentumConnection:
    """Gives the stream a velocity: `v <- g v + (1 - g) F(x)`, `x <- x + v`.

    It takes the place of a chain of sums without any other change. The velocity starts
    at zero. From the last `x` and `v` together, all can be computed back where `g` is
    not 0; what is returned is `x`. This is the equation; memory is used as for any
    network.

    Identity at initialisation: no, unless the branches start at zero.

    Args:
        keeps: `g`, what is kept of the velocity, from 0 to less than 1.

    Returns:
        A connection, for `kr.connect`.

    Raises:
        ResidualError: `keeps` is not in that range.

    Reference:
        Sander et al., Momentum Residual Neural Networks, 2021,
        https://arxiv.org/abs/2102.07870.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 2, via=kr.connections.momentum()).shape
        (None, 10, 8)
    """
    if not 0 <= keeps < 1:
        raise ResidualError("momentum: `keeps` is from 0 to less than 1.", given=keeps)
    return MomentumConnection(keeps)
