"""Which masks are left when a model runs: some layers take them off what they read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras

from keras_residual.checks.streams import masked, reads_mask
from keras_residual.compose.layers.keep_mask import KeepMask
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import MERGES

_WHOLE = ("mask", "query_mask")  # in a call, what gives its output a mask


class Taken(NamedTuple):
    """A mask that is missed.

    Args:
        by: The operation that takes it off what it reads.
        read: What it is taken off.
        reader: Who would read it later, in words.
    """

    by: Op
    read: Op
    reader: str


def taken(graph: Graph) -> list[Taken]:
    """Returns the masks that attention takes away from others, one for each taker.

    A call that names its mask holds it, whatever becomes of the tensor's own; all else
    asks its tensors at the moment when it runs.

    Args:
        graph: The graph that is followed.

    Examples:
        >>> tokens = keras.Input((5,))
        >>> x = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
        >>> layer = keras.layers.MultiHeadAttention(1, 4)
        >>> y = keras.layers.Add()([x, layer(x, x)])
        >>> [one.reader for one in taken(Graph(keras.Model(tokens, y)))]
        ['the loss']
    """
    run = _Run(graph)
    missed: dict[int, Taken] = {}
    for thief, read, reader in run.misses():
        missed.setdefault(thief.index, Taken(thief, read, reader))
    return [missed[index] for index in sorted(missed)]


Theft = tuple[Op, Op]  # who took it, off what


class _Run:
    """One run of the model, in Keras's order: the deepest first."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.has = graph, masked(graph)
        self.same = [*range(len(graph.ops))]  # the tensor that each returns
        self.off: dict[int, Theft] = {}  # by tensor
        self.lost: dict[int, Theft] = {}  # by operation whose output lacks it

    def misses(self) -> Iterator[tuple[Op, Op, str]]:
        """Yields what is missed: by whom it was taken, off what, and who misses it."""
        for op in self._in_order():
            found = [self._gone(source) for source in self._asks(op)]
            named = {k for k, v in _words(self.graph, op) if v is not None}
            gone = next(filter(None, found), None)
            if gone and reads_mask(op) and not named:
                yield *gone, f'"{op.path}"'
            first = gone if op.kind in MERGES else next(iter(found), None)
            if first and self.has[op.index] and named.isdisjoint(_WHOLE):
                self.lost[op.index] = first
            self._passes(op)
        for index in self.graph.outputs:
            if gone := self._gone(index):
                yield *gone, "the loss"

    def _asks(self, op: Op) -> tuple[int, ...]:
        """Returns whose masks an operation asks for."""
        lends = isinstance(op.layer, KeepMask)
        return self.graph.reads(op)[1:] if lends else op.sources

    def _gone(self, source: int) -> Theft | None:
        if not self.has[source]:
            return None
        return self.lost.get(source) or self.off.get(self.same[source])

    def _passes(self, op: Op) -> None:
        """Notes what becomes of the tensors that an operation reads."""
        if _returns_its_input(op):
            self.same[op.index] = self.same[op.sources[0]]
        if not isinstance(op.layer, keras.layers.MultiHeadAttention):
            return
        for source in dict.fromkeys(op.sources):
            read = self.graph.ops[source]
            if self.has[source] and read.dtype == op.layer.compute_dtype:
                self.off.setdefault(self.same[source], (op, read))

    def _in_order(self) -> list[Op]:
        depth = [0] * len(self.graph.ops)
        for op in reversed(self.graph.ops):
            for source in op.sources:
                depth[source] = max(depth[source], depth[op.index] + 1)
        return sorted(self.graph.ops, key=lambda op: -depth[op.index])


def _words(graph: Graph, op: Op) -> Iterator[tuple[str, Any]]:
    """Yields the masks that a call names."""
    node = graph.node_of(op)
    given = {} if node is None else node.arguments.kwargs
    yield from ((k, v) for k, v in given.items() if k.endswith("mask"))


def _returns_its_input(op: Op) -> bool:
    """Says whether it returns what it reads, in inference: that same tensor."""
    layer: Any = op.layer
    if isinstance(layer, keras.layers.Activation):
        return layer.activation is keras.activations.linear
    kinds = (keras.layers.Identity, keras.layers.ActivityRegularization, KeepMask)
    return op.kind == "dropout" or isinstance(layer, kinds)
