"""Runs a graph operation by operation, so that any value on the way can be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import keras

from keras_residual._keras import is_known
from keras_residual.compose.layout import need_layout
from keras_residual.graph.graph import Graph
from keras_residual.graph.untouched import untouched

Values = Mapping[int, Any]
Edit = Callable[[Any, Values], Any]
"""Takes a value, and all that are alive; returns what stands in its place."""


def _leaving(layer: Any, scope: Any) -> AbstractContextManager:
    """Returns a context in which a layer is left as it is; Keras's write no attribute.

    Args:
        layer: What runs.
        scope: Takes what is written into variables.
    """
    return scope if is_known(type(layer)) else untouched(layer, scope=scope)


class Runner:
    """Runs the operations of a graph in inference, and leaves the model as it is.

    Every operation runs inside a `keras.StatelessScope`: whatever a layer would write
    into the model goes into the scope. A value is let go after its last reader.

    Args:
        graph: What is run.
        kept: For an operation, further values that are kept until it has run.

    Raises:
        ResidualError: The backend cannot run an operation on this machine.

    Examples:
        >>> x = keras.Input((2,))
        >>> graph = Graph(keras.Model(x, keras.layers.ReLU()(x)))
        >>> (y,) = Runner(graph).outputs({0: keras.ops.array([[-1.0, 2.0]])})
        >>> keras.ops.convert_to_numpy(y).tolist()
        [[0.0, 2.0]]
    """

    def __init__(
        self, graph: Graph, kept: Mapping[int, Collection[int]] | None = None
    ) -> None:
        self.graph = graph
        for op in graph.ops:
            need_layout(op.layer, f'Operation "{op.path}"')
        self._also = dict(kept or {})

    def _reads(self, index: int, stops: Collection[int]) -> tuple[int, ...]:
        """Returns what has to be there when an operation has run.

        What is kept for one that nobody stops at, such as the merge of a unit inside
        another, may lie before all that is known.
        """
        also = self._also.get(index, ()) if index in stops else ()
        return tuple(dict.fromkeys((*self.graph.reads(self.graph.ops[index]), *also)))

    def run(
        self,
        known: Values,
        wanted: Collection[int],
        *,
        edits: Mapping[int, Edit] | None = None,
        weights: Collection[tuple[Any, Any]] = (),
    ) -> Iterator[tuple[int, Values]]:
        """Runs what the wanted values need, and stops at each of them.

        Args:
            known: Values by the index of their operation; these are not run.
            wanted: The operations to stop at.
            edits: What changes a value as soon as it is there, by its operation.
            weights: Pairs of a Keras variable and the value that is used instead.

        Yields:
            The index of a wanted operation, and all values that are alive: its own,
            those it read, and those that later operations read.
        """
        stops = {*wanted, *(edits or ())}
        needed = self._needed(known, wanted, stops)
        reads = {i: self._reads(i, stops) for i in needed if i not in known}
        last = {source: i for i in reads for source in reads[i]}
        values = {i: known[i] for i in needed if i in known}
        scope = keras.StatelessScope(
            weights, collect_losses=True, initialize_variables=False
        )
        for index in needed:
            op = self.graph.ops[index]
            with _leaving(op.layer, scope):
                if index not in known:
                    values[index] = self.graph.run(op, values)
                if edits and index in edits:
                    values[index] = edits[index](values[index], values)
            if index in wanted:
                yield index, values
            for read in (*reads.get(index, ()), index):
                if read in values and last.get(read, -1) <= index:
                    del values[read]

    def outputs(self, known: Values, **how: Any) -> list[Any]:
        """Runs to the outputs of the model and returns them.

        Args:
            known: Values by the index of their operation; these are not run.
            **how: As `run` takes it.
        """
        ends = self.graph.outputs
        found = {i: values[i] for i, values in self.run(known, set(ends), **how)}
        return [found[i] for i in ends]

    def _needed(
        self, known: Values, wanted: Collection[int], stops: Collection[int]
    ) -> list[int]:
        """Returns what is read on the way to the wanted values, in order."""
        found, todo = set(wanted), list(wanted)
        while todo:
            index = todo.pop()
            for read in () if index in known else self._reads(index, stops):
                if read not in found:
                    found.add(read)
                    todo.append(read)
        return sorted(found)
