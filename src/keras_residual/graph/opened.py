"""A model while a graph is read, with those that are nested in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from keras_residual.graph.functional import maker_of, nodes_of, read_by
from keras_residual.graph.handing import computed


class OpenedModel:
    """What is left to read of a model, and which operation made which tensor.

    Args:
        function: Its graph.
        name: What its operations' names begin with.
        node: Its call in the model around it, if there is one.
    """

    def __init__(self, function: keras.Function, name: str, node: Any):
        self.function, self.node, self.prefix = function, node, name
        self.made: dict[int, int] = {}
        self.nodes = iter(nodes_of(function, read_by))
        self._names: Counter[str] = Counter()

    def unique(self, name: str) -> str:
        """Names an operation: a layer that is called again counts on."""
        count = self._names[name]
        self._names[name] += 1
        return f"{self.prefix}{name}" + (f":{count}" if count else "")

    def lend(self, mask: Any) -> tuple[tuple[int, ...], Callable[[list], Any]]:
        """Says what a mask is computed from, and how."""
        found, todo = {}, [mask]
        while todo:
            tensor = todo.pop()
            if id(tensor) in self.made:
                found[id(tensor)] = tensor
            else:
                todo.extend(maker_of(tensor).input_tensors)
        function = keras.Function([*found.values()], [mask])
        return tuple(self.made[tensor] for tensor in found), partial(computed, function)

    def receive(self, inner: OpenedModel) -> None:
        """Takes over which operations make the outputs of a nested model."""
        for tensor, out in zip(inner.function.outputs, inner.node.outputs, strict=True):
            self.made[id(out)] = inner.made[id(tensor)]
