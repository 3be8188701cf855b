"""A model as people tell it: a stream, what hangs from it, what runs beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count

from keras_residual.drawing.lettering import lettered
from keras_residual.drawing.letters import BARE, Letters, order
from keras_residual.drawing.outliner import Outliner
from keras_residual.drawing.repeats import Group, Item, collapse
from keras_residual.drawing.words import words
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph
from keras_residual.graph.kinds import WEIGHTED


@dataclass(frozen=True)
class Stream:
    """One stream of a model.

    Args:
        groups: What stands on it; what repeats is told once.
        letter: Its letter; none for the main stream.
        origin: What it leaves, where that is not on another stream.
        goal: What it runs into.
        times: How many streams like this there are.
    """

    groups: tuple[Group, ...]
    letter: str = ""
    origin: str = ""
    goal: str = ""
    times: int = 1


@dataclass(frozen=True)
class _Run:
    """One stream as it was first told, without letters."""

    end: int
    start: int | None
    likeness: tuple
    members: frozenset[int]
    kept: bool


def outline(graph: Graph, units: list[Unit]) -> list[Stream]:
    """Tells a graph: its deepest stream first, then those beside it.

    A stream is told if it has a unit, an input, an output, two layers with weights, or
    one and a sum. Streams that are alike share a letter and are told once.

    Args:
        graph: The graph.
        units: Its residual units.

    Returns:
        The streams, the main one first.
    """
    runs, passed = _runs(graph, units)
    if forks := _forks(graph, runs):
        runs, passed = _runs(graph, units, forks)
    alike = {run.end: run.likeness for run in runs}
    letters, names = _letters(graph, runs, alike)
    items = bare = _told(graph, units, runs, letters)
    if _differ(names, items):
        # They were alike until it was known what they read; now those are that differ
        # in nothing but letters.
        bare = _told(graph, units, runs, letters.bare)
        for end, told in bare.items():
            alike[end] = (*alike[end], *(item.like for item in told))
        letters, names = _letters(graph, runs, alike)
        items = _told(graph, units, runs, letters)
    found: dict[str, list[_Run]] = {}
    for run in filter(lambda run: run.kept, runs):
        found.setdefault(names[run.end], []).append(run)
    told = [
        _stream(graph, name, same, passed, _united(same, items, bare))
        for name, same in found.items()
    ]
    return sorted(told, key=lambda stream: order(stream.letter))


def _told(
    graph: Graph, units: list[Unit], runs: list[_Run], letters: Letters
) -> dict[int, list[Item]]:
    """Tells the streams with their letters, by the operations that they end in."""
    outliner = Outliner(graph, units, letters)
    return {run.end: outliner.items(run.end)[0] for run in runs}


def _differ(names: dict[int, str], items: dict[int, list[Item]]) -> bool:
    """Says whether streams of one letter are told in two ways."""
    told = {(name, *(item.like for item in items[end])) for end, name in names.items()}
    return len(told) > len(set(names.values()))


def _forks(graph: Graph, runs: list[_Run]) -> list[int]:
    """Returns where streams end that several small ways lead on from.

    Such as what several blocks make of one embedding, each with a layer of its own: no
    one of these layers is part of the stream that all read.
    """
    small = (run.start for run in runs[1:] if not run.kept)
    starts = {start for start in small if start is not None}
    found = []
    for run in filter(lambda run: run.kept, runs[1:]):
        for fork in sorted(starts & run.members - {run.end}):
            behind = {at for at in run.members if graph.reaches(fork, at)} - {fork}
            if not _matters(graph, run.end, frozenset(behind)):
                found.append(fork)
    return found


def _runs(
    graph: Graph, units: list[Unit], forks: Iterable[int] = ()
) -> tuple[list[_Run], set[int]]:
    """Finds the streams: each ends where nothing that is told leads on.

    Args:
        graph: The graph.
        units: Its residual units.
        forks: Where further streams end.
    """
    outliner, found = Outliner(graph, units), []
    left, further = set(range(len(graph.ops))), [*forks]
    while left:
        end = max(left) if found else outliner.deepest(graph.outputs)
        if found and further:
            end = further.pop(0)
        items, start = outliner.items(end)
        members = frozenset(left & outliner.told)
        left -= members
        ends = not members.isdisjoint(graph.outputs)
        kept = ends or any(item.units for item in items)
        kept = kept or _matters(graph, end, members)
        alike = (replace(item.like, shape=item.shape) for item in items)
        likeness = (*alike, start is None, _goal(graph, end))
        found.append(_Run(end, start, likeness, members, kept or not found))
    return found, outliner.passed


def _matters(graph: Graph, end: int, members: frozenset[int]) -> bool:
    """Says whether a stream without units is told: from an input, or of some length.

    One layer with weights is enough for a tap: where a sum is on the way, or many meet.
    """
    kinds = [graph.ops[at].kind for at in members]
    heavy = sum(kind in WEIGHTED for kind in kinds)
    if heavy and any(len(set(graph.ops[at].sources)) > 2 for at in graph.users[end]):
        return True
    if not heavy and not graph.users[end] and len(members) > 1:
        return False  # a mask in the making, which no stream reads
    return "input" in kinds or heavy + ("add" in kinds) > 1


def _letters(
    graph: Graph, runs: list[_Run], alike: dict[int, tuple]
) -> tuple[Letters, dict[int, str]]:
    """Gives every stream its letter, in the order of the model."""
    letters, names = Letters(), {runs[0].end: ""}
    given: dict[tuple, str] = {}
    fresh = map(lettered, count())
    ordered = sorted(runs[1:], key=lambda run: (run.start or -1, run.end))
    for run in filter(lambda run: run.kept, ordered):
        if alike[run.end] not in given:
            given[alike[run.end]] = next(fresh)
        name = names[run.end] = given[alike[run.end]]
        letters.made |= dict.fromkeys(run.members, name)
        if run.start is not None:
            before = letters.leave.get(run.start, "").split(", ")
            told = sorted({*filter(None, before), name}, key=order)
            letters.leave[run.start] = ", ".join(told)
    for run in filter(lambda run: not run.kept, ordered):
        if run.start in letters.made:  # a step or two aside, too small to be told
            letters.made |= dict.fromkeys(run.members, letters.made[run.start])
    for at in {*graph.outputs} - {run.end for run in runs}:
        before = letters.leave.get(at)
        output = f"output {graph.ops[at].path}"
        letters.leave[at] = f"{before}, {output}" if before else output
    return letters, names


def _stream(
    graph: Graph, letter: str, alike: list[_Run], passed: set[int], told: list[Item]
) -> Stream:
    """Makes one stream of those that are alike; it stands for the units of all."""
    run = alike[-1]
    origin = ""
    if letter and run.start is not None and run.start not in passed:
        origin = f"from {words(graph.ops[run.start]) or graph.ops[run.start].path}"
    goal = _goal(graph, run.end) if letter or len(graph.outputs) > 1 else ""
    return Stream(tuple(collapse(told)), letter, origin, goal, len(alike))


def _united(
    alike: list[_Run], items: dict[int, list[Item]], bare: dict[int, list[Item]]
) -> list[Item]:
    """Tells streams that are alike as the last of them, with the units of all."""
    rows = zip(*(items[run.end] for run in alike), strict=True)
    return [
        replace(
            row[-1],
            units=tuple(path for item in row for path in item.units),
            text=tuple(
                tuple(map(_either, open_, *(item.text[k] for item in row)))
                for k, open_ in enumerate(first.text)
            ),
        )
        for row, first in zip(rows, bare[alike[-1].end], strict=True)
    ]


def _either(bare: str, *told: str) -> str:
    """Writes the letters that stand for one place in lines that are else alike."""
    if len(set(told)) == 1 or BARE not in bare:
        return told[-1]
    before, after = bare.split(BARE, 1)
    letters = {line[len(before) : len(line) - len(after)] for line in told}
    return f"{before}{' or '.join(sorted(letters, key=order))}{after}"


def _goal(graph: Graph, end: int) -> str:
    """Says what a stream runs into: an output of the model, or another operation."""
    if end in graph.outputs:
        return f"output {graph.ops[end].path}"
    users = [graph.ops[user] for user in graph.users[end]]
    return f"into {words(users[-1]) or users[-1].path}" if users else ""
