"""One stream of a model: what stands on it, told from its end to its start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from keras_residual.drawing.letters import Letters, told_of
from keras_residual.drawing.repeats import Item
from keras_residual.drawing.telling import tell
from keras_residual.drawing.words import chunks, lines, words
from keras_residual.graph.found import Unit
from keras_residual.graph.gating import gated_change
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.sums import settings_of, weights_of

LARGEST = 60  # operations that are told as one unit or one bundle of paths

_SIGNS = {
    "add": "+",
    "average": "ø",
    "concatenate": "c",
    "history": "Σ",
    "streams": "≡",
    "subtract": "−",
}


class Outliner:
    """Tells a model stream by stream; what one has told, the next begins at.

    Args:
        graph: The model.
        units: Its residual units.
        letters: The letters of its streams, as far as they are known.
    """

    def __init__(self, graph: Graph, units: list[Unit], letters: Letters | None = None):
        self._graph = graph
        self._units = {unit.merge.index: unit for unit in units}
        self._letters = letters or Letters()
        self._forks: dict[int, list[int]] = {}
        self._asked: dict[tuple[object, ...], tuple[float, ...]] = {}
        self._depth: list[int] = []
        for op in graph.ops:
            before = (self._depth[source] for source in op.sources)
            self._depth.append(1 + max(before, default=0))
        self.told: set[int] = set()
        self.passed: set[int] = set()

    def deepest(self, points: list[int]) -> int:
        """Returns the point with the longest path behind it."""
        return max(points, key=lambda point: (self._depth[point], point))

    def items(self, end: int) -> tuple[list[Item], int | None]:
        """Tells the stream that ends in an operation.

        Args:
            end: The operation.

        Returns:
            What stands on it, in the order of the model, and the told operation that
            it begins at; None where that is an input.
        """
        self._forks = {}
        found: list[Item] = []
        steps: list[Op] = []
        at: int | None = end
        while at is not None and at not in self.told:
            self.passed.add(at)
            if at in self._forks or at in self._letters.leave or not self._is_step(at):
                found.extend(self._plain(steps))
                steps = []
            found.extend(self._leaving(at))
            op = self._graph.ops[at]
            self.told.add(at)
            if self._is_step(at):
                steps.append(op)
                at = op.sources[0] if op.sources else None
            else:
                item, at = self._special(op)
                found.extend(self._further(op, at) if item.look == "join" else ())
                found.append(item)
        found.extend(self._plain(steps))
        if at is not None:
            found.extend(self._leaving(at, tags=False))
        lost = {arc for arcs in self._forks.values() for arc in arcs}
        told: list[Item] = []
        for item in found[::-1]:
            told += self._without_arc(item) if item.arc in lost else [item]
        return _with_afters(told), at

    def _without_arc(self, item: Item) -> list[Item]:
        """Says where a long skip comes from that begins on no point of the stream."""
        unit = self._units[item.arc or 0]
        skip = unit.shortcut[-1] if unit.shortcut else unit.entry
        letter = self._letters.made.get(skip.index)
        told = f"with {letter or f'an earlier {words(skip)}'}"
        return [replace(item, arc=None), Item("plain", ((told,),))]

    def _leaving(self, at: int, tags: bool = True) -> list[Item]:
        """Tells the long skips and the streams that leave a point, the last first."""
        forks = reversed(self._forks.pop(at, []))
        letters = self._letters.leave.get(at) if tags else None
        tagged = [Item("tag", ((letters,),))] if letters else []
        return [*tagged, *(Item("fork", arc=arc) for arc in forks)]

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
                weights=_held(part),
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
        item = Item(
            "join",
            carried=_carried(unit),
            sign=_sign(unit),
            shape=_shape(self._graph, op),
            arc=arc,
            units=(unit.path,),
        )
        return item, self.deepest([path[-1].index for path in unit.branches if path])

    def _is_long(self, unit: Unit) -> bool:
        inside = [op for path in unit.branches for op in path]
        if any(op.index in self._units for op in inside):
            return True
        grows = any("Transpose" in type(op.layer).__name__ for op in inside)
        grows = grows or any(op.kind == "upsample" for op in inside)
        return len(inside) > LARGEST or (unit.form == "concatenate" and grows)

    def _unit(self, unit: Unit) -> Item:
        factors = self._factors(unit.merge) if unit.form == "add" else {}
        skip = unit.shortcut[-1] if unit.shortcut else unit.entry
        carried = _scaled(_carried(unit), factors.get(skip.index))
        gated = self._gated(unit)
        branches = [
            (path, self._branch(unit.entry.index, path))
            for path in (unit.branches if gated is None else [gated])
        ]
        return Item(
            "unit",
            tuple(
                _scaled(told, factors.get(path[-1].index) if path else None)
                for path, told in branches
            ),
            carried=carried,
            sign=_sign(unit) if gated is None else "G",
            after=words(unit.after[0]) if len(unit.after) == 1 else "",
            shape=_shape(self._graph, unit.merge),
            units=(unit.path,),
            weights=_held(self._graph.between(unit.entry.index, unit.merge.index)),
        )

    def _gated(self, unit: Unit) -> tuple[Op, ...] | None:
        """Returns the branch without the gate behind it, if that is a GRU's."""
        entry, merge = unit.entry.index, unit.merge.index
        change = (
            None if unit.kind != "gated" else gated_change(self._graph, entry, merge)
        )
        if change is None:
            return None
        self.told |= {op.index for op in self._graph.between(entry, merge)}
        return self._graph.between(entry, change)

    def _factors(self, merge: Op) -> dict[int, float]:
        """Returns what a merge of an unknown class multiplies its sources by."""
        if merge.kind in MERGES:
            return {}
        key = (type(merge.layer), settings_of(merge.layer) or merge.index, merge.shape)
        if key not in self._asked:
            self._asked[key] = weights_of(self._graph, merge)
        return dict(zip(dict.fromkeys(merge.sources), self._asked[key], strict=False))

    def _branch(self, start: int, path: tuple[Op, ...]) -> tuple[str, ...]:
        inside = {start, *(op.index for op in path)}
        self.told |= inside - {start}
        read = {x for op in path for x in self._letters.read_by(op, inside)}
        lent = {x for op in path for x in self._letters.lent_to(op, self._graph)}
        told = tell(self._graph, start, path)
        return (*told, *told_of(read, "reads"), *told_of(lent, "masked by"))

    def _bundle(self, op: Op) -> tuple[Item, int]:
        """Tells paths that meet and are no unit, such as an inception module."""
        start = self._graph.common(list(op.sources))
        shape = _shape(self._graph, op)
        if start is not None:
            inside = self._graph.between(start, op.index)
            units = any(other.index in self._units for other in inside)
            if len(inside) <= LARGEST and not units:
                self.told |= {other.index for other in inside}
                text = tuple(tell(self._graph, start, inside))
                look = "paths" if len(text) > 1 else "plain"
                return Item(look, (text,), shape=shape), start
        at = self.deepest(list(op.sources))
        beside = self._letters.read_by(op, {at})
        far = self._far(op, {at})
        more = [f"{'and' if beside else 'with'} {far}"] if far else []
        text = " ".join([words(op), *told_of(beside, "with"), *more])
        return Item("plain", ((text,),), shape=shape), at

    def _further(self, op: Op, at: int) -> list[Item]:
        """Says what a long skip's merge reads besides the skip and the stream."""
        unit = self._units[op.index]
        skip = unit.shortcut[-1] if unit.shortcut else unit.entry
        far = self._far(op, {at, skip.index})
        return [Item("plain", ((f"with {far}",),))] if far else []

    def _far(self, op: Op, seen: set[int]) -> str:
        """Says which sources of a merge no stream with a letter brings."""
        far = {*op.sources} - seen - self._letters.made.keys()
        if not far:
            return ""
        known = words(self._graph.ops[min(far)]) if len(far) == 1 else ""
        return f"an earlier {known}" if known else f"{len(far)} earlier outputs"


def _held(ops: Iterable[Op]) -> frozenset[int]:
    """Returns what the layers with weights are, however often they are called."""
    return frozenset(id(op.layer) for op in ops if getattr(op.layer, "weights", None))


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
        told = keeps or (told if item.look in ("fork", "tag") else "")
        found.append(replace(item, after=keeps))
    return found


def _scaled(told: tuple[str, ...], factor: float | None) -> tuple[str, ...]:
    """Says what a path is multiplied by in the sum, behind its last line."""
    if factor in (None, 1.0):
        return told
    *before, last = told or ("",)
    return (*before, " · ".join(filter(None, (last, f"× {factor:g}"))))


def _carried(unit: Unit) -> tuple[str, ...]:
    if unit.shortcut is None:
        return ("?",)
    padded = ["zero pad"] if unit.kind == "padded" else []
    return (*lines(unit.shortcut), *padded)


def _sign(unit: Unit) -> str:
    return _SIGNS.get(unit.form, unit.form[:3])


def _shape(graph: Graph, op: Op) -> str:
    sizes = list(op.shape[1:])
    if graph.channels_first(op) and len(sizes) > 1:
        sizes.append(sizes.pop(0))
    return "×".join("?" if size is None else str(size) for size in sizes)
