"""Which units belong to one layer, as attention and feed-forward of a transformer's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph
from keras_residual.graph.op import Op
from keras_residual.graph.streams import BETWEEN, Stream, streams_of


@dataclass(frozen=True)
class Block:
    """Units of one stream that one layer computes, or a unit by itself.

    Args:
        path: The layer, where it is one; else the unit.
        units: Its units, in order.
        entry: What enters the block, of the stream.
        end: What leaves it; None where more leaves it than the stream.
    """

    path: str
    units: tuple[Unit, ...]
    entry: Op
    end: Op | None

    @property
    def whole(self) -> bool:
        """Whether it is a layer, and not a unit alone."""
        return self.path != self.units[0].path


def blocks_of(graph: Graph, units: Iterable[Unit]) -> list[Block]:
    """Groups units by the layer that holds their sums.

    A layer is a block where a stream enters its first unit, so that nothing is computed
    before that, and where its units are not one group several times over, as in a stage
    of a ResNet. Every other unit is a block by itself.

    Args:
        graph: The graph that the units lie in.
        units: The units, in the order of their merges.
    """
    units = list(units)
    found = [b for s in streams_of(graph, units) for b in _of_stream(graph, s)]
    seen = {unit.merge.index for block in found for unit in block.units}
    found += [alone(unit) for unit in units if unit.merge.index not in seen]
    return sorted(found, key=lambda block: block.units[0].merge.index)


def place_of(unit: Unit) -> str:
    """Returns the path of the layer that holds a unit's sum; empty for the model."""
    return unit.path.rpartition("/")[0]


def _of_stream(graph: Graph, stream: Stream) -> list[Block]:
    found = []
    for place, members in groupby(stream.units, place_of):
        group = tuple(members)
        entry = _way_in(graph, place, group[0])
        if place and entry is not None and not _repeats(group):
            end = _way_out(graph, place, group[-1], entry)
            found.append(Block(place, group, entry, end))
        else:
            found += map(alone, group)
    return found


def alone(unit: Unit) -> Block:
    """Returns a unit as a block by itself."""
    return Block(unit.path, (unit,), (unit.shortcut or (unit.entry,))[-1], unit.merge)


def _repeats(units: tuple[Unit, ...]) -> bool:
    """Says whether the units are one group of them several times over."""
    kinds = [[[op.kind for op in path] for path in unit.branches] for unit in units]
    count = len(kinds)
    return any(
        count % k == 0 and kinds == kinds[:k] * (count // k)
        for k in range(1, count // 2 + 1)
    )


def _way_in(graph: Graph, place: str, unit: Unit) -> Op | None:
    """Returns the point before a layer that enters its first unit as it is."""
    op = (unit.shortcut or (unit.entry,))[-1]
    while _inside(op, place):
        if op.kind not in BETWEEN or len(op.sources) != 1:
            return None
        op = graph.ops[op.sources[0]]
    return op


def _way_out(graph: Graph, place: str, unit: Unit, entry: Op) -> Op | None:
    """Returns what alone leaves a layer, where it is the stream of its last unit."""
    ends = [
        op
        for op in graph.ops
        if _inside(op, place)
        and (
            op.index in graph.outputs
            or any(not _inside(graph.ops[k], place) for k in graph.users[op.index])
        )
    ]
    if len(ends) != 1 or (ends[0].shape, ends[0].dtype) != (entry.shape, entry.dtype):
        return None
    op = ends[0]
    while op != unit.merge:
        if op.kind not in BETWEEN or len(op.sources) != 1 or not _inside(op, place):
            return None
        op = graph.ops[op.sources[0]]
    return ends[0]


def _inside(op: Op, place: str) -> bool:
    return op.path.startswith(f"{place}/")
