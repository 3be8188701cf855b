"""A model as people tell it: a stream, and what hangs from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from keras_residual.read.graph import Graph, Op
from keras_residual.read.kinds import WEIGHTED
from keras_residual.read.repeats import Group, Item, collapse
from keras_residual.read.units import Unit
from keras_residual.read.words import brief, chunks, lines, words

LARGEST = 60  # operations that are told as one unit or one bundle of paths

_SIGNS = {"add": "+", "concatenate": "c", "subtract": "−", "average": "ø"}


def outline(graph: Graph, units: list[Unit]) -> list[Group]:
    """Tells a graph from its input to its last output.

    Args:
        graph: The graph.
        units: Its residual units.

    Returns:
        Groups of items; what repeats is told once.
    """
    return collapse(_with_afters(_Story(graph, units).items()))


class _Story:
    """Walks the stream backwards, from the output to the input."""

    def __init__(self, graph: Graph, units: list[Unit]):
        self._graph = graph
        self._units = {unit.merge.index: unit for unit in units}
        self._forks: dict[int, list[int]] = {}

    def items(self) -> list[Item]:
        """Returns the items in the order of the model."""
        found: list[Item] = []
        steps: list[Op] = []
        at: int | None = max(self._graph.outputs)
        while at is not None:
            if at in self._forks or not self._is_step(at):
                found.extend(self._plain(steps))
                steps = []
            forks = self._forks.pop(at, [])
            found.extend(Item("fork", arc=arc) for arc in reversed(forks))
            op = self._graph.ops[at]
            if self._is_step(at):
                steps.append(op)
                at = op.sources[0] if op.sources else None
            else:
                item, at = self._special(op)
                found.append(item)
        found.extend(self._plain(steps))
        lost = {arc for arcs in self._forks.values() for arc in arcs}
        return [replace(i, arc=None) if i.arc in lost else i for i in found[::-1]]

    def _is_step(self, at: int) -> bool:
        return at not in self._units and len(set(self._graph.ops[at].sources)) < 2

    def _plain(self, steps: list[Op]) -> list[Item]:
        """Tells a chain, its last line first, each with the shape behind it."""
        chain = steps[::-1]
        cut = bool(chain) and (chain[0].kind == "input" or self._is_after(chain[0]))
        parts = [*chunks(chain[:cut]), *chunks(chain[cut:])]
        return [
            Item(
                "plain",
                ((" · ".join(words(op) for op in part),),),
                shape=_shape(self._graph, part[-1]),
            )
            for part in reversed(parts)
        ]

    def _is_after(self, op: Op) -> bool:
        unit = self._units.get(op.sources[0])
        return unit is not None and unit.after == (op,)

    def _special(self, op: Op) -> tuple[Item, int]:
        """Tells a merge, and where the stream comes from."""
        unit = self._units.get(op.index)
        if unit is None:
            return self._bundle(op)
        if not self._is_long(unit):
            return self._unit(unit), unit.entry.index
        arc = op.index
        self._forks.setdefault(unit.entry.index, []).append(arc)
        carried = _carried(unit)
        sign, shape = _sign(unit), _shape(self._graph, op)
        item = Item("join", carried=carried, sign=sign, shape=shape, arc=arc)
        return item, max(path[-1].index for path in unit.branches if path)

    def _is_long(self, unit: Unit) -> bool:
        inside = [op for path in unit.branches for op in path]
        if any(op.index in self._units for op in inside):
            return True
        grows = any("Transpose" in type(op.layer).__name__ for op in inside)
        grows = grows or any(op.kind == "upsample" for op in inside)
        return len(inside) > LARGEST or (unit.form == "concatenate" and grows)

    def _unit(self, unit: Unit) -> Item:
        branches = tuple(
            tuple(tell(self._graph, unit.entry.index, path)) for path in unit.branches
        )
        return Item(
            "unit",
            branches,
            carried=_carried(unit),
            sign=_sign(unit),
            after=words(unit.after[0]) if len(unit.after) == 1 else "",
            shape=_shape(self._graph, unit.merge),
        )

    def _bundle(self, op: Op) -> tuple[Item, int]:
        """Tells paths that meet and are no unit, such as an inception module."""
        start = self._graph.common(list(op.sources))
        shape = _shape(self._graph, op)
        if start is not None:
            inside = self._graph.between(start, op.index)
            if len(inside) <= LARGEST:
                text = tuple(tell(self._graph, start, inside))
                look = "paths" if len(text) > 1 else "plain"
                return Item(look, (text,), shape=shape), start
        return Item("plain", ((words(op),),), shape=shape), max(op.sources)


def tell(graph: Graph, start: int, ops: tuple[Op, ...]) -> list[str]:
    """Tells the operations between two points; side by side where they part.

    Args:
        graph: The graph.
        start: The point before them.
        ops: The operations, in order; the last is the other point.

    Returns:
        Lines; those that begin with "│" stand side by side.
    """
    told: list[list[str]] = []
    chain: list[Op] = []
    at = ops[-1].index if ops else start
    while at != start:
        op = graph.ops[at]
        inside = [s for s in set(op.sources) if s >= start]
        if len(inside) == 1:
            chain.append(op)
            at = inside[0]
            continue
        point = max(start, _common(graph, inside))
        told += [lines(chain[::-1]), _side_by_side(graph, point, op)]
        chain, at = [], point
    told.append(lines(chain[::-1]))
    return [line for part in reversed(told) for line in part]


def _common(graph: Graph, points: list[int]) -> int:
    common = graph.common(points)
    return -1 if common is None else common


def _side_by_side(graph: Graph, start: int, end: Op) -> list[str]:
    inside = [op for op in graph.between(start, end.index) if op is not end]
    paths = _components(start, inside)
    if end.kind != "multiply":
        told = [brief(path) for path in paths]
        return [f"│ {path}" for path in told if path] + [words(end)]
    if not any(op.kind in WEIGHTED for op in inside):
        return ["× itself, bent"]
    gated = [path for path in paths if not words(path[-1]).endswith("sigmoid")]
    return [line for path in gated for line in lines(path)] + [words(end)]


def _components(start: int, ops: list[Op]) -> list[list[Op]]:
    """Splits operations into those that hang together without their common start."""
    group: dict[int, list[Op]] = {}
    for op in ops:
        mine = [op]
        near = {id(group[s]): group[s] for s in op.sources if s in group and s != start}
        for other in near.values():
            mine = other + mine
        for member in mine:
            group[member.index] = mine
    unique = {id(members): members for members in group.values()}
    return list(unique.values())


def _with_afters(items: list[Item]) -> list[Item]:
    """Lets a unit keep what follows it where most units like it are so followed.

    Otherwise the last unit, which a final norm follows, would look unlike the others.
    """
    usual: dict[Item, Counter[str]] = {}
    for item in items:
        bare = replace(item.like, after="")
        usual.setdefault(bare, Counter())[item.after] += 1
    found: list[Item] = []
    told = ""
    for item in items:
        if told and item.text == ((told,),):
            told = ""
            continue
        usually = usual[replace(item.like, after="")].most_common(1)[0][0]
        keeps = item.after if item.after == usually else ""
        told = keeps or (told if item.look == "fork" else "")
        found.append(replace(item, after=keeps))
    return found


def _carried(unit: Unit) -> tuple[str, ...]:
    if unit.shortcut is None:
        return ("?",)
    padded = ["zero pad"] if unit.kind == "padded" else []
    return (*lines(unit.shortcut), *padded)


def _sign(unit: Unit) -> str:
    return _SIGNS.get(unit.form, unit.form[:3])


def _shape(graph: Graph, op: Op) -> str:
    sizes = list(op.shape[1:])
    if graph.channels_first and len(sizes) > 1:
        sizes.append(sizes.pop(0))
    return "×".join("?" if size is None else str(size) for size in sizes)
