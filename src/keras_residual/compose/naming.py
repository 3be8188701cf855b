"""The one place that gives layers their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakKeyDictionary

import keras

from keras_residual.compose import graph

_KINDS = {
    "Conv1D": "conv",
    "Conv2D": "conv",
    "Conv3D": "conv",
    "DepthwiseConv1D": "depthwise",
    "DepthwiseConv2D": "depthwise",
    "BatchNormalization": "norm",
    "LayerNormalization": "norm",
    "GroupNormalization": "norm",
    "RMSNormalization": "norm",
}


class Scope:
    """The names inside one block: `<prefix>_<kind><n>`, counted within the block.

    A name depends on the block alone, so it is the same in every process and
    whatever else was built before.

    Args:
        prefix: Name of the block; empty for the graph itself.
        claimed: Whether the name itself is some part's already.

    Examples:
        >>> scope = Scope("stage1_block2").inside("branch")
        >>> scope.name("conv"), scope.name("conv"), scope.name("norm")
        ('stage1_block2_branch_conv1', 'stage1_block2_branch_conv2', \
'stage1_block2_branch_norm1')
    """

    def __init__(self, prefix: str = "", *, claimed: bool = False) -> None:
        self.prefix = prefix
        self._counts: Counter[str] = Counter()
        self._free = bool(prefix) and not claimed

    @property
    def where(self) -> str:
        """Says in a message which block is meant."""
        return f'Block "{self.prefix}"' if self.prefix else "A block without a name"

    def name(self, kind: str) -> str:
        """Returns the name of the next layer of this kind."""
        self._counts[kind] += 1
        return self._join(f"{kind}{self._counts[kind]}")

    def claim(self, kind: str) -> str:
        """Returns the block's own name to the part that is the block; once."""
        name = self.prefix if self._free else self.name(kind)
        self._free = False
        return name

    def inside(self, path: str) -> Scope:
        """Returns the scope of one path of the block."""
        return Scope(self._join(path), claimed=True)

    def adopt(self, operation: keras.Operation) -> None:
        """Renames an operation that got a counted name from Keras."""
        given = type(operation).__name__
        if re.fullmatch(rf"{_snake(given)}(_\d+)?", operation.name):
            operation.name = self.name(_KINDS.get(given, _snake(given)))

    def _join(self, word: str) -> str:
        return f"{self.prefix}_{word}" if self.prefix else word


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
_graphs: WeakKeyDictionary[keras.Operation, Scope] = WeakKeyDictionary()


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    """Makes parts that are called inside a plain function take names from `scope`."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def current(x: keras.KerasTensor) -> Scope:
    """Returns the scope of a call that gives no name: the block's, else the graph's.

    A graph counts for itself, from its `keras.Input`. Where that input was given a
    name, it leads the names of the graph, so that two inputs can meet in a model.
    """
    if (scope := _scope.get()) is not None:
        return scope
    source = graph.root(x)
    if source not in _graphs:
        named = not re.fullmatch(r"(keras_tensor|input_layer)(_\d+)?", source.name)
        _graphs[source] = Scope(source.name if named else "")
    return _graphs[source]


def _snake(word: str) -> str:
    """Spells a class name as Keras spells it in the names it counts."""
    word = re.sub(r"\W+", "", word)
    word = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", word)
    return re.sub("([a-z])([A-Z])", r"\1_\2", word).lower()
