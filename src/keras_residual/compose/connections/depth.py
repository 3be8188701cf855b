"""Streams that remember: each branch may read what all before it made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.connections.connection import (
    Connection,
    Step,
    added,
    alike,
)
from keras_residual.compose.layers.streams.depth import DepthAttention, DepthSum
from keras_residual.compose.part import Tensor


@dataclass(frozen=True, repr=False)
class Denseformer(Connection):
    """Sums, and after some of them a weighted mean over what was before."""

    each: int = 1
    period: int = 1
    dilation: int = 1

    def open(self, x: Tensor, step: Step) -> Any:
        del step
        return x, (x,)

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        del step
        return stream[0], stream

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        y, past = added(x, alike(x, change, step), step), stream[1]
        block, rest = divmod(step.index + 1, self.each)
        if rest:
            return y, past
        past = (*past, y)
        if block % self.period == 0:
            y = self.weigh([*past[block % self.dilation :: self.dilation]], step)
        return y, past

    def weigh(self, sources: list[Tensor], step: Step) -> Any:
        """Returns the weighted mean of the sources."""
        axis, name = axes.channel_axis(sources[0]), step.scope.name("depth")
        return DepthSum(axis=axis, name=name)(sources)

    def close(self, stream: Any, step: Step) -> Tensor:
        del step
        return stream[0]


@checked
def denseformer(
    *, each: Count = 1, period: Count = 1, dilation: Count = 1
) -> Denseformer:
    """Weights, after each block, what all blocks before it made (DenseFormer).

    `Y_i = sum_j a_ij X_j`, and block `i + 1` works on `Y_i`: `d (d + 3) / 2` numbers
    for `d` blocks. Keep the weights out of weight decay, and away from anything that
    starts all weights anew.

    Identity at initialisation: no; it is the chain of sums that `plain` makes.

    Args:
        each: How many branches are a block: 2 for the sub-layers of a transformer.
        period: After every so many blocks there is a mean.
        dilation: The mean takes every so many blocks, counted from the last. The first
            blocks may have no other before them: what they make is scaled.

    Returns:
        A connection, for `kr.connect`.

    Reference:
        Pagliardini et al., DenseFormer: Enhancing Information Flow in Transformers via
        Depth Weighted Averaging, 2024, https://arxiv.org/abs/2402.02622.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 4, via=kr.connections.denseformer()).shape
        (None, 10, 8)
    """
    return Denseformer(each, period, dilation)


@dataclass(frozen=True, repr=False)
class Attention(Connection):
    """Softmax attention over what branches made."""

    block: int = 1

    def open(self, x: Tensor, step: Step) -> Any:
        del step
        return (x,), None

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        return self._ask(stream, step.scope.name("read")), stream

    def _ask(self, stream: Any, name: str) -> Tensor:
        sources, partial = stream
        given = [*sources, *([] if partial is None else [partial])]
        if len(given) == 1:
            return given[0]
        return DepthAttention(axis=axes.channel_axis(given[0]), name=name)(given)

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        (sources, partial), change = stream, alike(x, change, step)
        whole = change if partial is None else added(partial, change, step)
        if (step.index + 1) % self.block == 0:
            return (*sources, whole), None
        return sources, whole

    def close(self, stream: Any, step: Step) -> Tensor:
        return self._ask(stream, step.scope.name("close"))


@checked
def attention(*, block: Count = 1) -> Attention:
    """Lets each branch attend to what the branches before it made (AttnRes).

    `h_l = sum_i a_i v_i`, where `v_0` is the input, `v_i` what branch `i` made of its
    `h_i`, and `a = softmax_i(w_l' RMSNorm(v_i))`. A last query reads the stream out.
    Keep the queries out of weight decay.

    Identity at initialisation: no; all queries are zero, so every reading is the mean
    of what was made.

    Args:
        block: How many branches are added up to one source. With 1 each is a source of
            its own (full); some 8 sources in all are nearly as good (block).

    Returns:
        A connection, for `kr.connect`.

    Reference:
        Kimi Team, Attention Residuals, 2026, https://arxiv.org/abs/2603.15031.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 4, via=kr.connections.attention()).shape
        (None, 10, 8)
    """
    return Attention(block)
