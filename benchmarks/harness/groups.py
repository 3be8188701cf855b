"""Races of many forms: groups of as many as memory holds, then a final of the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from peers.racers import Racer, limit

from harness.job import Job
from harness.machine import cores
from harness.rounds import TOLERANCE, Run, demand_one_function, interleave
from harness.worker import Worker

FINAL = "final"
STARTS = max(2, cores() // 4)
"""Forms that are made ready at a time: imports and tracing use one core each."""
LOOSE = 0.1
"""Tolerance on a GPU, where float32 is multiplied in fewer bits by default."""


@dataclass(frozen=True)
class Rules:
    """How a job is raced.

    Attributes:
        rounds: Turns that each form takes in a group.
        steps: Timed steps in a turn.
        size: Forms in a group at most, all of them alive; the limit comes on top.
        finalists: The best of ours, and as many of the others.
    """

    rounds: int
    steps: int
    size: int = 10
    finalists: int = 3


@dataclass(frozen=True)
class Ran:
    """One form that ran."""

    racer: Racer
    run: Run
    group: str

    @property
    def step(self) -> float:
        """Median seconds of a step."""
        return median(second for turn in self.run.rounds for second in turn)


@dataclass(frozen=True)
class Out:
    """One form that did not run, and why."""

    racer: Racer
    why: str


Found = tuple[list[Ran], list[Out]]
Tick = Callable[[str], object]


def race(job: Job, rules: Rules, entered: Sequence[Racer], tick: Tick) -> Found:
    """Races the forms of a job; returns who ran, group by group, and who did not.

    Args:
        job: What is timed.
        rules: How.
        entered: The forms.
        tick: Called with what was done, at most `ticks(rules, entered)` times.

    Raises:
        RuntimeError: Two forms of one network are not the same function.
    """
    able = [racer for racer in entered if not racer.missing]
    reasons = {r: f"{' and '.join(r.missing)} not installed" for r in entered}
    out = [Out(racer, why) for racer, why in reasons.items() if racer not in able]
    ran: list[Ran] = []
    starts = range(0, len(able), rules.size)
    for number, start in enumerate(starts, 1):
        some = able[start : start + rules.size]
        done, failed = _group(job, rules, f"group {number}", some, tick)
        ran += done
        out += failed
        _demand_one_network(job, ran)
    if len(starts) > 1:
        done, failed = _group(job, rules, FINAL, finalists(ran, rules.finalists), tick)
        ran += done
        out += failed
        _demand_one_network(job, ran)
    return ran, out


def ticks(rules: Rules, entered: Sequence[Racer]) -> int:
    """Returns how often a race ticks at most: at each start, and after each turn."""
    able = sum(not racer.missing for racer in entered)
    groups = -(-able // rules.size)
    final = 2 * rules.finalists + 1 if groups > 1 else 0
    return (able + groups + final) * (1 + rules.rounds)


def finalists(ran: Sequence[Ran], each: int) -> list[Racer]:
    """Returns the fastest of ours and as many of the others."""
    found = [one.racer for one in sorted(ran, key=lambda one: one.step)]
    ours = [racer for racer in found if racer.ours]
    peers = [racer for racer in found if not racer.ours and racer != limit()]
    return [*ours[:each], *peers[:each]]


def _group(
    job: Job, rules: Rules, name: str, racers: Sequence[Racer], tick: Tick
) -> Found:
    """Times forms and the limit: all are alive, one is at work at a time."""
    workers: dict[Racer, Worker] = {}
    out = []
    with ExitStack() as ended:
        for started in _started(job, racers):
            if isinstance(started, Out):
                out.append(started)
            else:
                racer, worker = started
                workers[racer] = worker
                ended.callback(worker.close)
            tick(f"{name} starts")
        taken = interleave(
            list(workers.values()), rules.rounds, rules.steps, lambda: tick(name)
        )
        ran = [
            Ran(racer, Run(racer.label, worker.start, rounds, worker.end()), name)
            for (racer, worker), rounds in zip(workers.items(), taken, strict=True)
        ]
    return ran, out


def _started(job: Job, racers: Sequence[Racer]) -> Iterator[tuple[Racer, Worker] | Out]:
    """Yields the limit, which times its choice alone, and the others, two at a time."""

    def start(racer: Racer) -> tuple[Racer, Worker] | Out:
        given = {"makers": racer.makers, "device": job.device}
        try:
            return racer, Worker(racer.form, racer.backend, job, job.batch, **given)
        except Exception as reason:  # whatever a library may raise
            return Out(racer, why(reason))

    if not limit().missing:
        yield start(limit())
    with ThreadPoolExecutor(STARTS) as both:
        yield from both.map(start, racers)


def why(reason: BaseException) -> str:
    """Says in one line what kept a form from running."""
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    said = lines[0] if lines else "no reason given"
    return f"{type(reason).__name__}: {said[:120]}"


def _demand_one_network(job: Job, ran: Sequence[Ran]) -> None:
    tolerance = LOOSE if job.device == "gpu" else TOLERANCE
    for network in {one.racer.network for one in ran}:
        same = [one.run for one in ran if one.racer.network == network]
        demand_one_function(same, tolerance)
