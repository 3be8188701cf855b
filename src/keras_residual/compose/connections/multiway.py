"""Dense connections whose numbers depend on the stream, of one way or of four."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked, offered
from keras_residual.compose.connections.connection import Step
from keras_residual.compose.connections.depth import Denseformer
from keras_residual.compose.layers.streams.depth import DynamicDepthSum
from keras_residual.compose.operations.transforming import attention
from keras_residual.compose.operations.ways import beside
from keras_residual.compose.part import Chain, Made, Part, Tensor

Ways = Literal["residual", "all"]
offered("Ways", get_args(Ways))


@dataclass(frozen=True, repr=False)
class Mudd(Denseformer):
    """Weighted means whose numbers depend on the stream."""

    ways: str = "residual"

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        del step
        y = stream[0]
        return y[-1] if isinstance(y, list) else y, stream

    def run(self, branch: Part, x: Tensor, stream: Any, step: Step) -> Any:
        y = stream[0]
        if not isinstance(y, list):
            return super().run(branch, x, stream, step)
        return _attended(branch, y[:3], step)

    def weigh(self, sources: list[Tensor], step: Step) -> Any:
        four, axis = self.ways == "all", axes.channel_axis(sources[0])
        layer = DynamicDepthSum(
            4 if four and not step.last else 1,
            widen=4 if four and step.last else 1,
            axis=axis,
            name=step.scope.name("depth"),
        )
        return layer(sources)

    def close(self, stream: Any, step: Step) -> Tensor:
        return self.read(stream, step)[0]


def _attended(branch: Part, ways: list[Tensor], step: Step) -> Tensor:
    """Runs a branch whose attention reads queries, keys and values of their own."""
    parts, scope = _flat(branch), step.scope.inside(f"branch{step.index + 1}")
    own = attention.__wrapped__  # type: ignore[attr-defined]
    found = [isinstance(one, Made) and one.build is own for one in parts]
    if True not in found:
        raise ResidualError(
            f'Connection "{step.scope.prefix}": branch {step.index + 1} has no '
            "attention of its own for queries, keys and values.",
            given=repr(branch),
            needed='With ways="all" the first branch of each block is a list, and '
            "kr.parts.attention is in it.",
            write='[kr.norm("rms"), kr.parts.attention(heads)]',
        )
    at = found.index(True)
    before = Chain(tuple(parts[:at]))
    query = before.unfold(ways[0], scope)
    others = [
        before.unfold(way, scope.inside(word))
        for word, way in zip(("key", "value"), ways[1:], strict=True)
    ]
    with beside(*others):
        y = parts[at].unfold(query, scope)
    return Chain(tuple(parts[at + 1 :])).unfold(y, scope)


def _flat(branch: Part) -> list[Part]:
    if not isinstance(branch, Chain):
        return [branch]
    return [one for each in branch.parts for one in _flat(each)]


@checked
def mudd(*, each: Count = 1, ways: Ways = "residual") -> Mudd:
    """Weights what was before, at each position anew (MUDD).

    As `denseformer`, with `a_i(x) = GELU(RMSNorm(x) W_1) W_2 + a_i`. The paper makes
    four such means after each block: what the next block's attention reads for its
    queries, its keys and its values, and the residual way, to which changes are added.
    The last block makes the residual way alone, of four times the hidden numbers.

    Identity at initialisation: no; it is the chain of sums that `plain` makes.

    Args:
        each: How many branches are a block: 2 for the sub-layers of a transformer.
        ways: `"residual"` makes that mean alone, for branches of any kind; `"all"`
            makes the four. Then the first branch of a block is a list with
            `kr.parts.attention` in it; what stands before that, such as a norm, is
            made three times.

    Returns:
        A connection, for `kr.connect`.

    Raises:
        ResidualError: With all ways, the first branch of a block has no attention.

    Reference:
        Xiao et al., MUDDFormer: Breaking Residual Bottlenecks in Transformers via
        Multiway Dynamic Dense Connections, 2025, https://arxiv.org/abs/2502.12170.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> kr.connect(x, [kr.dense(8)] * 4, via=kr.connections.mudd()).shape
        (None, 10, 8)
        >>> layer = [[kr.norm("rms"), kr.parts.attention(2)], kr.parts.mlp(16)]
        >>> kr.connect(x, layer * 2, via=kr.connections.mudd(each=2, ways="all")).shape
        (None, 10, 8)
    """
    return Mudd(each, ways=ways)
