"""Hyper-connections that keep the size of the stream: constrained, and gated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked, offered
from keras_residual.compose.connections.connection import Step, alike
from keras_residual.compose.connections.hyper import Lanes, lies_first
from keras_residual.compose.layers.streams.gated import GatedRead
from keras_residual.compose.layers.streams.hyper import LaneWrite
from keras_residual.compose.layers.streams.manifold import LaneHead, ManifoldRead
from keras_residual.compose.part import Tensor

MOST = 6  # lanes whose permutations are still few

Mixing = Literal["sinkhorn", "permutations", "identity"]
Collapse = Literal["sum", "learned"]
offered("Mixing", get_args(Mixing))
offered("Collapse", get_args(Collapse))


@dataclass(frozen=True, repr=False)
class Handed(Lanes):
    """Lanes whose reading hands on what the writing multiplies with."""

    mixes = True

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        change, name = alike(x, change, step), step.scope.name("write")
        first = axes.channel_axis(x) == 1
        return LaneWrite(mixes=self.mixes, channels_first=first, name=name)(
            [stream[0], change, stream[1]]
        )


@dataclass(frozen=True, repr=False)
class Mhc(Handed):
    """Lanes mixed by doubly stochastic matrices."""

    mixing: str = "sinkhorn"
    away: float | None = None
    collapse: str = "sum"

    @property
    def mixes(self) -> bool:  # type: ignore[override]
        return self.mixing != "identity"

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        usual = -8.0 if self.mixing == "permutations" else -4.0
        read, rest = ManifoldRead(
            self.mixing,
            away=usual if self.away is None else self.away,
            index=step.index,
            channels_first=lies_first(stream),
            name=step.scope.name("read"),
        )(stream)
        return read, (stream, rest)

    def close(self, stream: Any, step: Step) -> Tensor:
        if self.collapse == "sum":
            return super().close(stream, step)
        first, name = lies_first(stream), step.scope.name("close")
        return LaneHead(channels_first=first, name=name)(stream)


@checked
def mhc(
    streams: Count = 4,
    *,
    mixing: Mixing = "sinkhorn",
    away: float | None = None,
    collapse: Collapse = "sum",
) -> Mhc:
    """Hyper-connections whose lanes are mixed but never amplified (mHC).

    `X' = H_res X + H_post' F(H_pre X)`, where `H_pre = sigmoid(.)`, `H_post = 2
    sigmoid(.)` and `H_res` is doubly stochastic, so a product of many stays so. All
    depend on the stream. Use it where hyper-connections are unstable, at depth. Keep
    `scale` and the biases out of weight decay.

    The paper does not publish how `phi` and the biases start. Here `phi` is normal with
    a deviation of 0.02, `H_pre` starts as `1 / streams`, `H_post` as 1. The code of
    mHC-lite starts `phi` at zero, and reads and writes one lane more than the others.

    Identity at initialisation: no; it is `streams` times the chain of sums that `plain`
    makes, to within 1 %.

    Args:
        streams: How many lanes.
        mixing: How `H_res` is made: `"sinkhorn"`, as published, by twenty rounds of
            normalising; `"permutations"`, exactly, as a weighted mean of all
            permutations (mHC-lite), for few lanes; `"identity"`, not at all.
        away: Where the logits of `H_res` start, beside those of the identity, which
            are 0: -4 by default, and -8 for permutations, of which there are many. So
            95 % of each of four lanes stay where they are, and 99 %. At 0 all are mixed
            evenly; what hardly mixes learns to slowly.
        collapse: `"sum"` adds the lanes up at the end; `"learned"` weights them as
            `H_pre` does.

    Returns:
        A connection, for `kr.connect`.

    Raises:
        ResidualError: There are too many lanes for their permutations.

    Reference:
        Xie et al., mHC: Manifold-Constrained Hyper-Connections, 2025,
        https://arxiv.org/abs/2512.24880; for the permutations: Yang and Gao, mHC-lite:
        You Don't Need 20 Sinkhorn-Knopp Iterations, 2026,
        https://arxiv.org/abs/2601.05732.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 2, via=kr.connections.mhc()).shape
        (None, 10, 8)
    """
    if mixing == "permutations" and streams > MOST:
        raise ResidualError(
            f"mhc: the permutations of {streams} lanes are too many.",
            needed=f"At most {MOST} lanes are mixed by their permutations.",
            write='mixing="sinkhorn"',
        )
    return Mhc(streams, mixing, away, collapse)


@dataclass(frozen=True, repr=False)
class Gated(Handed):
    """Lanes that are gated and written, never mixed."""

    mixes = False
    rank: int = 16

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        read, rest = GatedRead(
            self.rank,
            index=step.index,
            channels_first=lies_first(stream),
            name=step.scope.name("read"),
        )(stream)
        return read, (stream, rest)

    def close(self, stream: Any, step: Step) -> Tensor:
        first, name = lies_first(stream), step.scope.name("close")
        layer = GatedRead(self.rank, writes=False, channels_first=first, name=name)
        return layer(stream)


@checked
def gated(streams: Count = 4, *, rank: Count = 16) -> Gated:
    """Hyper-connections that gate the lanes and never mix them (GatedResidual).

    `u_s = (1 + w_s) RMSNorm(X_s)`; the branch reads `mean_s g_s u_s`, and `X_s' = X_s +
    2 sigmoid(W u)_s F`. What a branch reads is normalised, so it needs no norm of its
    own, and neither does what follows: the stream is closed by the same reading.

    How its weights start is not published. Here the gates start at 1/2, and each lane
    takes the change once.

    Identity at initialisation: no.

    Args:
        streams: How many lanes.
        rank: Width of the bottleneck of the gates.

    Returns:
        A connection, for `kr.connect`.

    Reference:
        No paper: the layer `GatedResidual` of Qwen's models, as in vLLM, 2026,
        https://github.com/vllm-project/vllm.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 2, via=kr.connections.gated()).shape
        (None, 10, 8)
    """
    return Gated(streams, rank)
