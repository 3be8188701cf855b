"""What a race comes to: one row a form, one verdict a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from peers.limit import multiply_adds
from peers.racers import LIMIT

from harness.groups import FINAL, Ran
from harness.job import Job
from harness.rounds import Rounds
from harness.rows import ratios

PASSES = 3
"""What a training step multiplies, in forward passes: backward counts twice."""


@dataclass(frozen=True)
class Result:
    """One form of one job in one group, or in the final.

    Attributes:
        job: What was done with which network.
        form: Who wrote it.
        backend: What computes, or what wrote the file that is run.
        ours: Whether it is by us.
        group: Where it ran.
        step: Median seconds of a step.
        quartiles: Of its steps, in seconds.
        ratio: Median step of the best of ours over this one's; none for the limit.
        flops: Operations a second, of convolutions and dense layers.
        share: The same, as a part of what the limit did in this group.
        peak: MiB above the process after its imports.
        rounds: Seconds of every timed step, by turns.
    """

    job: str
    form: str
    backend: str
    ours: bool
    group: str
    step: float
    quartiles: tuple[float, float]
    ratio: float | None
    flops: float
    share: float | None
    peak: float
    rounds: Rounds


@dataclass(frozen=True)
class Verdict:
    """The best of ours against the best of the others, both in one group.

    Attributes:
        job: What was done with which network.
        ours: The best of ours.
        peer: The best of the others.
        ratio: Step time of ours over theirs: the median of the rounds.
        quartiles: Of the rounds.
    """

    job: str
    ours: str
    peer: str
    ratio: float
    quartiles: tuple[float, float]

    @property
    def word(self) -> str:
        """Whether we are ahead: only where three quarters of the rounds say so."""
        low, high = self.quartiles
        return "ahead" if high < 1 else "behind" if low > 1 else "level"

    def __str__(self) -> str:
        low, high = self.quartiles
        return (
            f"{self.job}: {self.word}. {self.ours} takes {self.ratio:.3f} "
            f"({low:.3f}–{high:.3f}) of the time of {self.peer}"
        )


def results(job: Job, ran: Sequence[Ran], costs: Mapping[str, int]) -> list[Result]:
    """Sums up who ran, in the order in which they did.

    Args:
        job: What was timed.
        ran: Who ran.
        costs: Multiply-adds of a forward pass, by network.
    """
    passes = PASSES if job.trains else 1
    work = {LIMIT: 2 * multiply_adds(job)}
    work |= {network: 2 * passes * cost for network, cost in costs.items()}
    limits = {one.group: work[LIMIT] / one.step for one in ran if _is_limit(one)}
    ours = min((one.step for one in last(ran) if one.racer.ours), default=None)
    found = []
    for one in ran:
        flops = work[one.racer.network] / one.step
        ratio = None if ours is None or _is_limit(one) else ours / one.step
        found.append(
            Result(
                job=job.name,
                form=one.racer.form,
                backend=one.racer.backend,
                ours=one.racer.ours,
                group=one.group,
                step=one.step,
                quartiles=_quartiles([s for turn in one.run.rounds for s in turn]),
                ratio=ratio,
                flops=flops,
                share=flops / limits[one.group] if one.group in limits else None,
                peak=one.run.end.peak,
                rounds=one.run.rounds,
            )
        )
    return found


def last(ran: Sequence[Ran]) -> list[Ran]:
    """Keeps the final of who was in it, and the group of who was not; fastest first."""
    kept = {one.racer: one for one in ran}  # the final comes last
    return sorted(kept.values(), key=lambda one: one.step)


def verdict(job: Job, ran: Sequence[Ran]) -> Verdict | None:
    """Compares the best two, round by round; none where one side did not run."""
    final = [one for one in ran if one.group == FINAL] or ran
    runners = [one for one in last(final) if not _is_limit(one)]
    ours = next((one for one in runners if one.racer.ours), None)
    peer = next((one for one in runners if not one.racer.ours), None)
    if ours is None or peer is None:
        return None
    found = ratios(ours.run.rounds, peer.run.rounds)
    return Verdict(
        job.name,
        ours.racer.label,
        peer.racer.label,
        ratio=median(found),
        quartiles=_quartiles(found),
    )


def _is_limit(one: Ran) -> bool:
    return one.racer.network == LIMIT


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high
