"""What a picture tells, and telling once what repeats."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Item:
    """One thing on the stream.

    Args:
        look: `"plain"`, `"unit"`, `"paths"` (several at once), `"fork"` (a long skip
            leaves), `"join"` (it comes back) or `"tag"` (another stream leaves).
        text: What it does, a line each; for a unit, each of its branches.
        carried: What its shortcut does, a line each.
        sign: How it merges: `"+"`, `"c"`, …
        after: What directly follows the merge.
        shape: The stream behind it, as text.
        arc: Which long skip it forks or joins; None where it leaves from aside.
        units: The paths of the units that it stands for.
        weights: What its layers with weights are, whatever they are called.
    """

    look: str
    text: tuple[tuple[str, ...], ...] = ()
    carried: tuple[str, ...] = ()
    sign: str = ""
    after: str = ""
    shape: str = ""
    arc: int | None = None
    units: tuple[str, ...] = ()
    weights: frozenset[int] = frozenset()

    @property
    def like(self) -> Item:
        """The item without what may differ between items told as ×N."""
        return replace(self, shape="", arc=None, units=(), weights=frozenset())


@dataclass(frozen=True)
class Repeated:
    """One item, `times` times in a row; shared if each has the same weights."""

    item: Item
    times: int = 1
    shared: bool = False


@dataclass(frozen=True)
class Group:
    """Runs that follow each other, all of them `times` times."""

    runs: tuple[Repeated, ...]
    times: int = 1
    shared: bool = False


def collapse(items: list[Item], longest: int = 8) -> list[Group]:
    """Tells what repeats once, with how often; periods up to `longest` runs."""
    runs = _runs(items)
    alike = [Repeated(run.item.like, run.times) for run in runs]
    found: list[Group] = []
    at = 0
    while at < len(runs):
        period, times = _repeats(alike, at, longest)
        if not _closed(runs[at : at + period * times], period):
            period, times = 1, 1
        end = at + period * times
        told = tuple(_as_one(runs[at + k : end : period]) for k in range(period))
        shared = [_are_shared(runs[at + k : end : period]) for k in range(period)]
        held = any(run.item.weights for run in told)
        found.append(Group(told, times, times > 1 and held and all(shared)))
        at = end
    return found


def _runs(items: list[Item]) -> list[Repeated]:
    found: list[list[Repeated]] = []
    for item in items:
        again = item.arc is None and found and found[-1][-1].item.like == item.like
        if not again:
            found.append([])
        found[-1].append(Repeated(item))
    return [
        replace(
            _as_one(alike),
            times=len(alike),
            shared=bool(alike[0].item.weights) and _are_shared(alike),
        )
        for alike in found
    ]


def _are_shared(runs: list[Repeated]) -> bool:
    """Says whether runs have the same weights, each of them."""
    return len({(run.item.weights, run.times) for run in runs}) == 1


def _as_one(runs: list[Repeated]) -> Repeated:
    """Tells runs that are alike as the last of them, which stands for all units."""
    units = tuple(path for run in runs for path in run.item.units)
    return replace(runs[-1], item=replace(runs[-1].item, units=units))


def _repeats(alike: list[Repeated], at: int, longest: int) -> tuple[int, int]:
    """Returns the period that covers the most from here, and how often it repeats."""
    best = (1, 1)
    for period in range(1, longest + 1):
        first, times = alike[at : at + period], 1
        while alike[at + times * period : at + (times + 1) * period] == first:
            times += 1
        if times > 1 and period * times > best[0] * best[1]:
            best = period, times
    return best


def _closed(window: list[Repeated], period: int) -> bool:
    """Says whether each long skip that leaves a repetition comes back in it."""
    parts = (window[k : k + period] for k in range(0, len(window), period))
    return all(_arcs(part, "fork") == _arcs(part, "join") for part in parts)


def _arcs(runs: list[Repeated], look: str) -> set[int | None]:
    return {run.item.arc for run in runs if run.item.look == look}
