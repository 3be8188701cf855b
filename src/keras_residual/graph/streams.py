"""The residual streams of a model: chains of units, with a start and a read-out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph
from keras_residual.graph.op import Op

BETWEEN = ("act", "dropout", "identity", "norm", "scale")  # what may join two units


@dataclass(frozen=True)
class Stream:
    """Units of one shape in a row: each adds to what the one before it left.

    `x_0` is what the first shortcut brings to its merge, so a projection belongs to the
    start; `x_k` is what leaves the k-th merge. Norms and activations after a merge, of
    networks that have them between their units, belong to the way to the next point.

    Args:
        graph: The graph that the units lie in.
        units: The units, in order.
    """

    graph: Graph = field(repr=False)
    units: tuple[Unit, ...]

    @property
    def path(self) -> str:
        """The path of the last unit."""
        return self.units[-1].path

    @property
    def end(self) -> Op:
        """The merge of the last unit, from which the read-out starts."""
        return self.units[-1].merge

    @cached_property
    def carried(self) -> tuple[Op, ...]:
        """What the shortcut of each unit ends in; the first is the start."""
        return tuple((unit.shortcut or (unit.entry,))[-1] for unit in self.units)

    @cached_property
    def ways(self) -> tuple[tuple[Op, ...], ...]:
        """What leads from the merge before each unit to the end of its shortcut."""
        found: list[tuple[Op, ...]] = [()]
        for before, unit in pairwise(self.units):
            link, op = deque[Op](), unit.entry
            while op != before.merge:
                link.appendleft(op)
                op = self.graph.ops[op.sources[0]]
            found.append((*link, *(unit.shortcut or ())))
        return tuple(found)

    @property
    def points(self) -> tuple[Op, ...]:
        """The start, and the merge of each unit."""
        return (self.carried[0], *(unit.merge for unit in self.units))

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each of the points: "start", and the paths of the units."""
        return ("start", *(unit.path for unit in self.units))

    @cached_property
    def read_out(self) -> tuple[Op, ...]:
        """The operations after the stream that outputs are computed with, in order."""
        graph, reached = self.graph, {self.end.index}
        for op in graph.ops[self.end.index + 1 :]:
            if not reached.isdisjoint(op.sources):
                reached.add(op.index)
        needed = set(graph.outputs)
        for op in reversed(graph.ops):
            if op.index in needed:
                needed.update(graph.reads(op))
        kept = sorted((reached & needed) - {self.end.index})
        return tuple(graph.ops[index] for index in kept)

    @cached_property
    def outside(self) -> tuple[int, ...]:
        """What the read-out reads beside the stream, such as another input."""
        own = {op.index for op in self.read_out} | {self.end.index}
        reads = {index for op in self.read_out for index in self.graph.reads(op)}
        return tuple(sorted(reads - own))

    @property
    def outputs(self) -> tuple[int, ...]:
        """The places of the model's outputs that are read from the stream."""
        own = {op.index for op in self.read_out} | {self.end.index}
        return tuple(k for k, op in enumerate(self.graph.outputs) if op in own)


def streams_of(graph: Graph, units: Iterable[Unit]) -> tuple[Stream, ...]:
    """Returns the chains of units whose merge is the next unit's entry.

    Units that sum and know their shortcut are in a stream, each in one. A unit whose
    entry is no such merge, or of another shape, starts a new one: the first of a stage
    of a ResNet, of an encoder, of a decoder. Where several units read one merge, as
    where units stand inside the branch of a longer skip, the last to end carries on.

    Args:
        graph: The graph that the units lie in.
        units: The units, in the order of their merges.
    """
    members = {unit.merge.index: unit for unit in units if _carries(unit)}
    following: dict[int, Unit] = {}
    for unit in members.values():
        before = _before(graph, unit, members)
        if before is not None:
            following[before.merge.index] = unit  # the last to end
    inside = {unit.merge.index for unit in following.values()}
    found = []
    for index, unit in members.items():
        if index in inside:
            continue
        chain = [unit]
        while (after := following.get(chain[-1].merge.index)) is not None:
            chain.append(after)
        found.append(Stream(graph, tuple(chain)))
    return tuple(sorted(found, key=lambda stream: stream.end.index))


def _carries(unit: Unit) -> bool:
    if unit.form != "add" or unit.shortcut is None:
        return False
    return (unit.shortcut or (unit.entry,))[-1].shape == unit.merge.shape


def _before(graph: Graph, unit: Unit, members: dict[int, Unit]) -> Unit | None:
    """Returns the unit whose merge enters this one, through what may stand between."""
    op = unit.entry
    while op.index not in members and op.kind in BETWEEN and len(op.sources) == 1:
        op = graph.ops[op.sources[0]]
    before = members.get(op.index)
    alike = before is not None and before.merge.shape == unit.merge.shape
    return before if alike else None
