"""Streams of one tensor that are written with learned numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked, demand
from keras_residual.compose.connections.connection import Connection, Step, alike
from keras_residual.compose.connections.hyper import Lanes, lies_first
from keras_residual.compose.layers.streams.alternating import (
    AlternatingWrite,
    TakeLane,
)
from keras_residual.compose.layers.streams.writes import Delta, Inject, Laurel
from keras_residual.compose.part import Tensor


@dataclass(frozen=True, repr=False)
class LaurelConnection(Connection):
    """Learned augmented residual layers."""

    weighted: bool = True
    rank: int | None = None
    previous: int | None = None

    def open(self, x: Tensor, step: Step) -> Any:
        del step
        return (x,)

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        del step
        return stream[-1], stream

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        past = stream[:-1][::-1][: self.previous or 0]
        layer = Laurel(
            weighted=self.weighted,
            rank=self.rank or (4 if self.previous else 0),
            recalls=self.previous is not None,
            shares=self.rank is None,
            channels_first=axes.channel_axis(x) == 1,
            name=step.scope.name("write"),
        )
        y = layer([x, alike(x, change, step), *past])
        return (*stream, y)

    def close(self, stream: Any, step: Step) -> Tensor:
        del step
        return stream[-1]

    def __repr__(self) -> str:
        return super().__repr__().replace("laurel_connection", "laurel")


@checked
def laurel(
    *, weighted: bool = True, rank: int | None = None, previous: int | None = None
) -> LaurelConnection:
    """Writes with a learned augmentation of the sum (LAuReL).

    `a F + b (x + sum_j g_j B_j A_j x_(l-j))`: the weights `a` and `b` (RW), a low-rank
    map of the stream (LR), and of its earlier points, each with its number (PA). Cheap,
    in place of the sums of a finished network.

    Identity at initialisation: no; it is the chain of sums that `plain` makes. The `B`
    are zero; the columns of the `A` are orthogonal, of length `1 / rank`, as in the
    paper's language models.

    Args:
        weighted: Whether `a` and `b` are learned (RW): twice a softmax, which bounds
            them.
        rank: Width of the low-rank map of the stream (LR); without it there is none.
        previous: How many earlier points are mapped, beside the stream itself (PA): by
            one map of rank 4 for all of them (the paper's equation 4), or at the rank
            that is given by a map of its own each (equation 6).

    Returns:
        A connection, for `kr.connect`.

    Reference:
        Menghani et al., LAuReL: Learned Augmented Residual Layer, 2024,
        https://arxiv.org/abs/2411.07501.

    Examples:
        >>> via = kr.connections.laurel(rank=2, previous=1)
        >>> kr.connect(keras.Input((10, 8)), [kr.dense(8)] * 3, via=via).shape
        (None, 10, 8)
    """
    for name, number in (("rank", rank), ("previous", previous)):
        demand("laurel", name, "Count | None", number)
    return LaurelConnection(weighted, rank, previous)


@dataclass(frozen=True, repr=False)
class Altup(Lanes):
    """Lanes of which a branch works on one."""

    streams: int = 2

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        first, name = lies_first(stream), step.scope.name("read")
        return TakeLane(step.index, channels_first=first, name=name)(stream), stream

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        change, name = alike(x, change, step), step.scope.name("write")
        first = axes.channel_axis(x) == 1
        layer = AlternatingWrite(step.index, channels_first=first, name=name)
        return layer([stream, change])


@checked
def altup(streams: Count = 2) -> Altup:
    """Widens the stream and lets each branch work on one lane in turn (AltUp).

    All lanes are predicted, `P = p X`, and corrected by what the active lane `j`
    became, `X_i' = P_i + g_i (X_j + F - P_j)`. The lanes start as copies and are added
    up at the end, as in the recycled form.

    Identity at initialisation: no; it is `streams` times the chain of sums that `plain`
    makes.

    Args:
        streams: How many lanes.

    Returns:
        A connection, for `kr.connect`.

    Reference:
        Baykal et al., Alternating Updates for Efficient Transformers, 2023,
        https://arxiv.org/abs/2301.13310.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 2, via=kr.connections.altup()).shape
        (None, 10, 8)
    """
    return Altup(streams)


@dataclass(frozen=True, repr=False)
class X0(Connection):
    """A stream that is reminded of its start."""

    carry: float = 1.0
    inject: float = 0.0

    def open(self, x: Tensor, step: Step) -> Any:
        del step
        return x, x

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        del step
        return stream[0], stream

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        layer = Inject(self.carry, self.inject, name=step.scope.name("write"))
        return layer([x, alike(x, change, step), stream[1]]), stream[1]

    def close(self, stream: Any, step: Step) -> Tensor:
        del step
        return stream[0]


@checked
def x0(*, carry: float = 1.0, inject: float = 0.0) -> X0:
    """Adds to each sum what the stream began with: `a x + F(x) + b x_0`.

    Both numbers are learned, for each branch. Use it in deep transformers and graph
    networks, which forget their input. Keep both out of weight decay.

    Identity at initialisation: no; with the defaults it is the chain of sums that
    `plain` makes.

    Args:
        carry: `a` before training.
        inject: `b` before training.

    Returns:
        A connection, for `kr.connect`.

    Reference:
        Chen et al., Simple and Deep Graph Convolutional Networks, 2020 (the
        initial residual, there with fixed numbers, and what is convolved is the sum),
        https://arxiv.org/abs/2007.02133.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 2, via=kr.connections.x0()).shape
        (None, 10, 8)
    """
    return X0(carry, inject)


@dataclass(frozen=True, repr=False)
class DeltaConnection(Connection):
    """A stream that is erased where it is written."""

    start: float = 0.1

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        first, name = axes.channel_axis(x) == 1, step.scope.name("write")
        layer = Delta(self.start, channels_first=first, name=name)
        return layer([stream, alike(x, change, step)])

    def __repr__(self) -> str:
        return super().__repr__().replace("delta_connection", "delta")


@checked
def delta(*, start: float = 0.1) -> DeltaConnection:
    """Erases the stream along the change's direction, and writes there (deep delta).

    `x + b (v - k' x) k` with `k` the change at length 1 and `b` from 0 to 2: near 0 the
    stream passes, at 1 it is replaced along `k`, at 2 reflected. `b` depends on the
    normalised stream, and `v` is linear in the stream; the authors' code bounds `v` to
    4 by a sigmoid.

    Identity at initialisation: no; nearly so where `start` is small.

    Args:
        start: `b` before training, between 0 and 2. At 0 it could hardly be learned.

    Returns:
        A connection, for `kr.connect`.

    Raises:
        ResidualError: `start` is not between 0 and 2.

    Reference:
        Zhang et al., Deep Delta Learning, 2026 (states of one column),
        https://arxiv.org/abs/2601.00417.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 2, via=kr.connections.delta()).shape
        (None, 10, 8)
    """
    if not 0 < start < 2:
        raise ResidualError("delta: `start` is between 0 and 2.", given=start)
    return DeltaConnection(start)
