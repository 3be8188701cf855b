"""Hyper-connections: a stream of several lanes, static, dynamic and fractional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.connections.connection import Connection, Step, alike
from keras_residual.compose.layers.streams.fractions import (
    DynamicFractionRead,
    DynamicFractionWrite,
    FractionRead,
    FractionWrite,
)
from keras_residual.compose.layers.streams.hyper import (
    HyperRead,
    LaneWrite,
    MixLanes,
    ReadLanes,
)
from keras_residual.compose.layers.streams.lanes import CloseLanes, OpenLanes
from keras_residual.compose.part import Tensor


@dataclass(frozen=True, repr=False)
class Lanes(Connection):
    """What connections of several lanes share: repeated at first, added up at last."""

    streams: int = 4

    def open(self, x: Tensor, step: Step) -> Any:
        first, name = axes.channel_axis(x) == 1, step.scope.name("open")
        return OpenLanes(self.streams, channels_first=first, name=name)(x)

    def close(self, stream: Any, step: Step) -> Tensor:
        name = step.scope.name("close")
        return CloseLanes(channels_first=lies_first(stream), name=name)(stream)


def lies_first(stream: Tensor) -> bool:
    """Says whether what a stream of lanes was made of has its channels first.

    Args:
        stream: A stream, which has an axis more.
    """
    return axes.channel_axis(stream) == 1 and axes.rank(stream) > 1


@dataclass(frozen=True, repr=False)
class Hyper(Lanes):
    """Lanes that are read, mixed and written with learned numbers."""

    dynamic: bool = True

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        first, name = lies_first(stream), step.scope.name("read")
        if not self.dynamic:
            layer = ReadLanes(step.index, channels_first=first, name=name)
            return layer(stream), stream
        read, rest = HyperRead(step.index, channels_first=first, name=name)(stream)
        return read, (stream, rest)

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        change, name = alike(x, change, step), step.scope.name("write")
        first = axes.channel_axis(x) == 1
        if not self.dynamic:
            return MixLanes(channels_first=first, name=name)([stream, change])
        stream, rest = stream
        return LaneWrite(channels_first=first, name=name)([stream, change, rest])


@checked
def hyper(streams: Count = 4, *, dynamic: bool = True) -> Connection:
    """Runs several lanes past the branches, which are read and mixed as is learned.

    `h = A_m' H`, `H' = B' F(h) + A_r' H`. The lanes start as copies of the input and
    are added up at the end, so put a norm behind. Use it to train deep transformers
    faster, at the memory of `streams` streams; not with one stream, which gains
    nothing. Keep the weights `read`, `write` and `mix` out of weight decay. The paper
    also starts the last kernel of each branch with a standard deviation scaled by the
    root of `streams`; here the branches start as they are given.

    Identity at initialisation: no; it is `streams` times the chain of sums that `plain`
    makes, and so the same network behind a norm.

    Args:
        streams: How many lanes.
        dynamic: Whether the numbers also depend on the stream, at each position.

    Returns:
        A connection, for `kr.connect`.

    Reference:
        Zhu et al., Hyper-Connections, 2024,
        https://arxiv.org/abs/2409.19606.

    Examples:
        >>> kr.connections.hyper(streams=2)
        hyper(streams=2)
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 2, via=kr.connections.hyper()).shape
        (None, 10, 8)
    """
    return Hyper(streams, dynamic)


@dataclass(frozen=True, repr=False)
class Fractional(Connection):
    """The channels cut into fractions, which are read, mixed and written as lanes."""

    fractions: int = 2
    dynamic: bool = True

    def open(self, x: Tensor, step: Step) -> Any:
        width, name = axes.channels(x, step.scope.prefix), step.scope.name("open")
        if width % self.fractions:
            raise ResidualError(
                f'Connection "{step.scope.prefix}": {width} channels are not cut into '
                f"{self.fractions} equal fractions.",
                needed="The fractions divide the channels.",
                write=f"kr.dense({width + -width % self.fractions}) before it",
            )
        first = axes.channel_axis(x) == 1
        return OpenLanes(self.fractions, cut=True, channels_first=first, name=name)(x)

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        first, name = lies_first(stream), step.scope.name("read")
        if not self.dynamic:
            return FractionRead(channels_first=first, name=name)(stream), stream
        read, rest = DynamicFractionRead(channels_first=first, name=name)(stream)
        return read, (stream, rest)

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        change, name = alike(x, change, step), step.scope.name("write")
        first = axes.channel_axis(x) == 1
        if not self.dynamic:
            return FractionWrite(channels_first=first, name=name)([stream, change])
        stream, rest = stream
        layer = DynamicFractionWrite(channels_first=first, name=name)
        return layer([stream, change, rest])

    def close(self, stream: Any, step: Step) -> Tensor:
        first, name = lies_first(stream), step.scope.name("close")
        return CloseLanes("join", channels_first=first, name=name)(stream)


@checked
def fractional(fractions: Count = 2, *, dynamic: bool = True) -> Connection:
    """Cuts the stream into fractions and lets each be mixed with the others.

    `h = Y' H`, `H' = diag(b) F(h) + A' H`: hyper-connections that need no more memory
    than the stream itself. Keep the weights `read`, `write` and `mix` out of weight
    decay.

    Identity at initialisation: no; it is the chain of sums that `plain` makes.

    Args:
        fractions: How many; they divide the channels.
        dynamic: Whether the numbers also depend on the stream, at each position.

    Returns:
        A connection, for `kr.connect`.

    Raises:
        ResidualError: The channels cannot be cut so.

    Reference:
        Zhu et al., Frac-Connections: Fractional Extension of Hyper-Connections, 2025,
        https://arxiv.org/abs/2503.14125.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)], via=kr.connections.fractional()).shape
        (None, 10, 8)
    """
    return Fractional(fractions, dynamic)
