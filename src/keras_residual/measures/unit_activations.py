"""What a measure sees of a unit: its paths as indices, and then as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.graph.activations import activation_name
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.numbers import numbers
from keras_residual.measures.padding import Counts, counts_of, without_padding, zeroed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class UnitPaths:
    """Where the paths of one unit end in the graph.

    Args:
        graph: The graph that the unit lies in.
        unit: The unit.
    """

    graph: Graph
    unit: Unit

    @property
    def carried(self) -> int | None:
        """The operation that the shortcut ends in; None where it is undecidable."""
        if self.unit.shortcut is None:
            return None
        return (self.unit.shortcut[-1] if self.unit.shortcut else self.unit.entry).index

    @property
    def change(self) -> tuple[int, ...]:
        """The operations that the branches end in; empty where it is undecidable."""
        return () if self.unit.shortcut is None else self.unit.ends

    @property
    def plain(self) -> bool:
        """Whether the merge reads the ends of the paths, and is no custom layer.

        A custom layer may weight the paths, and a sum of sums reads other sums.
        """
        merge = self.unit.merge
        ends = {self.carried, *self.change}
        return merge.kind == self.unit.form and ends >= {*merge.sources}

    @cached_property
    def inside(self) -> tuple[Op, ...]:
        """The operations from the entry to the merge."""
        return self.graph.between(self.unit.entry.index, self.unit.merge.index)

    @cached_property
    def outside(self) -> tuple[int, ...]:
        """What the unit reads beside its entry, such as a time embedding."""
        own = {op.index for op in self.inside} | {self.unit.entry.index}
        reads = {index for op in self.inside for index in self.graph.reads(op)}
        return tuple(sorted(reads - own))

    @cached_property
    def gates(self) -> tuple[int, ...]:
        """The gates that the paths are multiplied with."""
        return gate_ops(self.graph, self.inside)

    @property
    def kept(self) -> tuple[int, ...]:
        """What has to be alive when the merge has run, for the measures to see it."""
        ends = (self.unit.entry.index, *self.change, *self.gates, *self.outside)
        if self.unit.form == "streams":
            ends = (*ends, *self.unit.merge.sources)  # with what mixes the lanes
        return ends if self.carried is None else (self.carried, *ends)

    def channel_axis(self, rank: int) -> int:
        """Returns the axis that holds the channels of a stream.

        Args:
            rank: Of the stream, the batch included.
        """
        if self.unit.form == "concatenate":
            axis = getattr(self.unit.merge.layer, "axis", -1)
            return axis % rank
        first = self.graph.channels_first(self.unit.merge)
        return 1 if first and rank > 2 else rank - 1


class UnitActivations:
    """The values of one unit for one batch; NumPy numbers, made when asked for.

    Args:
        paths: Where they stand.
        values: The values that are alive when the merge has run.
        examples: How many examples the batch has.
    """

    def __init__(
        self, paths: UnitPaths, values: Mapping[int, Any], examples: int
    ) -> None:
        self.paths, self.examples = paths, examples
        self._values = values

    @cached_property
    def counts(self) -> Counts:
        """Which positions of the stream count; those of padding do not."""
        return counts_of(self._values[self.paths.unit.merge.index])

    @cached_property
    def merged(self) -> Array:
        """The stream that leaves the unit."""
        return numbers(self._values[self.paths.unit.merge.index])

    @cached_property
    def carried(self) -> Array | None:
        """What the shortcut brings to the merge."""
        index = self.paths.carried
        return None if index is None else numbers(self._values[index])

    @cached_property
    def change(self) -> Array | None:
        """What the branch brings to the merge; of several, what they bring together."""
        unit = self.paths.unit
        if self.carried is None:
            return None
        if unit.form in ("add", "streams") and not self.paths.plain:
            return self.merged - self.carried
        parts = [numbers(self._values[index]) for index in self.paths.change]
        if unit.form == "concatenate":
            return np.concatenate(parts, self.paths.channel_axis(self.merged.ndim))
        if unit.form == "add":
            return np.broadcast_to(sum(parts), self.merged.shape)
        return parts[0] if len(parts) == 1 else None

    @cached_property
    def gates(self) -> list[Array]:
        """The values of the gates."""
        return [numbers(self._values[index]) for index in self.paths.gates]

    def by_example(self, values: Array) -> Array:
        """Sets values in a row an example, and zero in place of padding.

        Args:
            values: Whose first axis is the batch.
        """
        return zeroed(values, self.counts).reshape(self.examples, -1)

    def by_position(self, values: Array) -> Array:
        """Sets values in a row a position that counts, a column a channel.

        Args:
            values: A stream.
        """
        axis = self.paths.channel_axis(values.ndim)
        moved = without_padding(np.moveaxis(values, axis, -1), self.counts)
        return moved.reshape(-1, values.shape[axis])


_SIGMOIDS = ("sigmoid", "hardsigmoid")
_MOVES = ("identity", "reshape")


def gate_ops(graph: Graph, ops: tuple[Op, ...]) -> tuple[int, ...]:
    """Finds the gates among the factors of products.

    A gate is the factor that a sigmoid made, be it an operation of its own or the
    activation of a layer; reshapes between the two are looked through.

    Args:
        graph: The graph of the operations.
        ops: Where products are looked for.

    Returns:
        The operations whose values are the gates.
    """
    found = [
        source
        for op in ops
        if op.kind == "multiply" and len(op.sources) > 1
        for source in op.sources
        if _sigmoid(_behind_moves(graph, graph.ops[source]))
    ]
    return tuple(dict.fromkeys(found))


def _behind_moves(graph: Graph, op: Op) -> Op:
    while op.kind in _MOVES and len(op.sources) == 1:
        op = graph.ops[op.sources[0]]
    return op


def _sigmoid(op: Op) -> bool:
    return activation_name(op.layer).replace("_", "") in _SIGMOIDS
