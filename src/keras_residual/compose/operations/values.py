"""Value residual: the values of the first attention reach those that follow."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Literal

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import graph, sizes
from keras_residual.compose.layers.streams.values import ValueMix
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, as_part, part

_CLOSED = (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)


class Channel:
    """What attentions hand to those after them, while one part adds its layers.

    It lives as long as that: what it holds are tensors of the graph, so a network that
    is called again, compiled or copied has values of its own.

    Args:
        start: What enters the part.
        mix: How values meet the first ones.
    """

    def __init__(self, start: Tensor, mix: str) -> None:
        self.start, self.mix = start, mix
        self.first: Tensor | None = None
        self.readers = 0

    def values(self, own: Callable[[], Tensor], key: Tensor, name: str) -> Tensor:
        """Returns what an attention reads for its values.

        Args:
            own: Makes its own ones.
            key: Its keys, which have the shape of its values.
            name: The name of the attention.
        """
        if self.first is None:
            self.first = own()
            return self.first  # the first are kept, and mixed with nothing
        self.readers += 1
        self._demand(self.first, key, name)
        if self.mix == "shared":
            return self.first
        learned = self.mix == "learned"
        mixing = ValueMix(name=f"{name}_values", trainable=learned)
        return mixing([self.first, own()])

    def enter(self, x: Tensor, width: int, name: str) -> None:
        """Refuses an attention that the first values do not reach, or do not fit.

        Args:
            x: What the attention reads.
            width: The width of its values.
            name: Its name.
        """
        if graph.root(x) is not graph.root(self.start):
            raise ResidualError(
                f'value_residual: "{name}" is inside a nested block.',
                needed="Values of the graph around it do not reach into it.",
                write="kr.nest(kr.parts.value_residual(parts))",
            )
        if self.first is not None and self.first.shape[-1] != width:
            raise ResidualError(
                f'value_residual: the values of "{name}" have another width.',
                given=f"the first {self.first.shape[-1]}, these {width}",
                needed="All values are of as many heads, or groups, and of one size.",
                write="attentions of the same heads, groups and head_size",
            )

    def _demand(self, first: Tensor, key: Tensor, name: str) -> None:
        rows = sizes.tried(self.start, [first, key])
        if any(one != other for _, one, other in rows):
            raise ResidualError(
                f'value_residual: "{name}" has other steps than the first attention.',
                needed="Values are mixed step by step.",
                write="kr.parts.value_residual around those of one length alone",
            )


_channel: ContextVar[Channel | None] = ContextVar("channel", default=None)


def channel() -> Channel | None:
    """Returns the channel that attentions are in, if they are in one."""
    return _channel.get()


@part
def value_residual(
    x: Tensor,
    scope: Scope,
    parts: Any,
    mix: Literal["learned", "fixed", "shared"] = "learned",
) -> Tensor:
    """Lets every attention in some parts read the values of the first of them, too.

    `V_l <- a V_1 + b V_l`, before anything reads the values: what a cache would keep
    are the mixed ones. Deep layers so keep what the tokens were. It works on
    `kr.parts.attention`, wherever it stands: in sub-layers, in `kr.blocks.transformer`,
    in the branches of `kr.connect`.

    Identity at initialisation: no; `a` and `b` start at one half.

    Args:
        parts: The parts, applied in order: two attentions at least are in them.
        mix: `"learned"` learns `a` and `b` of each layer; `"fixed"` keeps both at one
            half; `"shared"` takes the first values alone (SVFormer), which halves what
            a cache holds, and later layers make none.

    Raises:
        ResidualError: There are no two attentions in the parts, an attention is Keras's
            own or inside a nested block, or its values have another shape.

    Reference:
        Zhou et al., Value Residual Learning, 2024, https://arxiv.org/abs/2410.17897.

    Examples:
        >>> blocks = [kr.blocks.transformer(2)] * 3
        >>> kr.parts.value_residual(blocks)(keras.Input((10, 8))).shape
        (None, 10, 8)
    """
    own = Channel(x, mix)
    token = _channel.set(own)
    try:
        y = as_part(parts).unfold(x, scope)
    finally:
        _channel.reset(token)
    for operation in graph.fresh_operations(x, y):
        if isinstance(operation, _CLOSED):
            raise ResidualError(
                f'value_residual: "{operation.name}" keeps its values to itself.',
                given=type(operation).__name__,
                needed="Keras's own attentions project in themselves.",
                write="kr.parts.attention(heads)",
            )
    if not own.readers:
        raise ResidualError(
            f"{scope.where}: value_residual has no two attentions.",
            needed="The values of the first are for those after it.",
            write="kr.parts.value_residual([kr.blocks.transformer(4)] * 6)",
        )
    return y
