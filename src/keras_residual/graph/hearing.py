"""Which masks are left when a model runs: attention takes them off what it reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import keras

from keras_residual.compose.layers.keep_mask import KeepMask
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.masks import masked, masks_kept, reads_mask
from keras_residual.graph.op import Op

if TYPE_CHECKING:
    from keras_residual.graph.graph import Graph

_WHOLE = ("mask", "query_mask")  # in a call, what gives its output a mask


class Missed(NamedTuple):
    """A mask that is missed.

    Args:
        by: The operation that takes it off what it reads.
        read: What it is taken off.
        reader: Who would read it later, in words.
    """

    by: Op
    read: Op
    reader: str


class Hearing:
    """What each operation hears of the masks in one run, in Keras's order.

    A call that names its mask holds it, whatever becomes of the tensor's own; all else
    asks its tensors at the moment when it runs.

    Args:
        graph: The graph that is followed.

    Examples:
        >>> from keras_residual.graph.graph import Graph
        >>> tokens = keras.Input((5,))
        >>> x = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
        >>> layer = keras.layers.MultiHeadAttention(1, 4)
        >>> y = keras.layers.Add()([x, layer(x, x)])
        >>> [one.reader for one in Hearing(Graph(keras.Model(tokens, y))).missed]
        ['the loss']
    """

    def __init__(self, graph: Graph) -> None:
        self.missed: list[Missed] = []
        """The masks that are taken from others, one for each taker."""
        self.bare: dict[int, set[int]] = defaultdict(set)
        """By operation, what it reads whose mask is gone by then."""
        self._graph = graph
        if not any(map(_takes_masks, graph.ops)):
            return
        self._has = masked(graph)
        self._same = [*range(len(graph.ops))]  # the tensor that each returns
        self._off: dict[int, tuple[Op, Op]] = {}  # by tensor: who took it, off what
        self._lost: dict[int, tuple[Op, Op]] = {}  # by operation that returns none
        first: dict[int, Missed] = {}
        for taker, read, reader in self._misses():
            first.setdefault(taker.index, Missed(taker, read, reader))
        self.missed += [first[index] for index in sorted(first)]

    def as_heard(
        self, op: Op, values: Mapping[int, Any]
    ) -> AbstractContextManager[None]:
        """Returns a context in which an operation reads the masks that are left to it.

        The values have their own again when it is over.

        Args:
            op: What is called meanwhile.
            values: The values of all that it reads.
        """
        bare = [values[source] for source in self.bare.get(op.index, ())]
        if not bare and not _takes_masks(op):
            return nullcontext()
        return masks_kept([values[i] for i in self._graph.reads(op)], without=bare)

    def _misses(self) -> Iterator[tuple[Op, Op, str]]:
        """Yields what is missed: who took it, off what, and who misses it."""
        for op in _in_order(self._graph):
            found = [self._gone(source) for source in self._asks(op)]
            named = _named(self._graph, op)
            gone = next(filter(None, found), None)
            if gone and reads_mask(op) and not named:
                yield *gone, f'"{op.path}"'
            decides = gone if op.kind in MERGES else next(iter(found), None)
            if decides and self._has[op.index] and named.isdisjoint(_WHOLE):
                self._lost[op.index] = decides
            self._pass(op)
        for index in self._graph.outputs:
            if gone := self._gone(index):
                yield *gone, "the loss"

    def _asks(self, op: Op) -> tuple[int, ...]:
        """Returns whose masks an operation asks for, and notes which are gone."""
        lends = isinstance(op.layer, KeepMask)
        asked = self._graph.reads(op)[1:] if lends else op.sources
        off = {one for one in asked if self._has[one] and self._same[one] in self._off}
        if off:
            self.bare[op.index] = off
        return asked

    def _gone(self, source: int) -> tuple[Op, Op] | None:
        if not self._has[source]:
            return None
        return self._lost.get(source) or self._off.get(self._same[source])

    def _pass(self, op: Op) -> None:
        """Notes what becomes of the tensors that an operation reads."""
        if _returns_its_input(op):
            self._same[op.index] = self._same[op.sources[0]]
        for source in dict.fromkeys(op.sources) if _takes_masks(op) else ():
            read, layer = self._graph.ops[source], cast(Any, op.layer)
            if self._has[source] and read.dtype == layer.compute_dtype:
                self._off.setdefault(self._same[source], (op, read))


def _takes_masks(op: Op) -> bool:
    return isinstance(op.layer, keras.layers.MultiHeadAttention)


def _in_order(graph: Graph) -> list[Op]:
    """Returns the operations as Keras runs them, the furthest from an output first."""
    depth = [0] * len(graph.ops)
    for op in reversed(graph.ops):
        for source in op.sources:
            depth[source] = max(depth[source], depth[op.index] + 1)
    return sorted(graph.ops, key=lambda op: -depth[op.index])


def _named(graph: Graph, op: Op) -> set[str]:
    """Returns the masks that a call names."""
    node = graph.node_of(op)
    given = {} if node is None else node.arguments.kwargs
    return {k for k, v in given.items() if k.endswith("mask") and v is not None}


def _returns_its_input(op: Op) -> bool:
    """Says whether it returns what it reads, in inference: that same tensor."""
    layer: Any = op.layer
    if isinstance(layer, keras.layers.Activation):
        return layer.activation is keras.activations.linear
    kinds = (keras.layers.Identity, keras.layers.ActivityRegularization, KeepMask)
    return op.kind == "dropout" or isinstance(layer, kinds)
