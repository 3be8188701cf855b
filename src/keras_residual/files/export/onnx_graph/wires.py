"""Who makes and who reads what in an ONNX graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np


class Wires:
    """The tensors of a graph as it is now.

    Args:
        graph: An `onnx.GraphProto`.
    """

    def __init__(self, graph: Any) -> None:
        self._makers = {name: node for node in graph.node for name in node.output}
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._readers = Counter(name for node in graph.node for name in _read(node))
        self._readers.update(entry.name for entry in graph.output)

    def maker(self, name: str, *kinds: str) -> Any | None:
        """Returns the node that makes a tensor, if it is of one of these kinds."""
        maker = self._makers.get(name)
        return maker if maker is not None and maker.op_type in kinds else None

    def own(self, name: str, *kinds: str) -> Any | None:
        """Returns the same, if what it makes is read only once."""
        return self.maker(name, *kinds) if self._readers[name] == 1 else None

    def numbers(self, name: str) -> np.ndarray | None:
        """Returns the numbers of a constant."""
        from onnx import numpy_helper

        tensor = self._constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)


def settings_of(node: Any) -> dict[str, Any]:
    """Returns the attributes of a node, by name."""
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def tidy(graph: Any) -> None:
    """Drops nodes and constants that nobody reads, and shapes that were noted before.

    Args:
        graph: An `onnx.GraphProto`; it is changed.
    """
    del graph.value_info[:]
    read = {entry.name for entry in graph.output}
    for node in reversed(list(graph.node)):
        if read.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            read.update(_read(node))
    for index in reversed(range(len(graph.initializer))):
        if graph.initializer[index].name not in read:
            del graph.initializer[index]


def _read(node: Any) -> Iterator[str]:
    """Yields what a node reads, inside of its own graphs, too."""
    yield from node.input
    for attribute in node.attribute:
        yield from (entry.name for entry in attribute.g.output)
        for inner in attribute.g.node:
            yield from _read(inner)
