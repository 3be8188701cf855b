"""What the rounds come to: one row a form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from statistics import median, quantiles

from harness.forms import BY_HAND, OURS
from harness.rounds import Rounds, Run

BAR = 1.02
"""Step time of ours over that of the same network in Keras by hand, at most."""


@dataclass(frozen=True)
class Row:
    """One form on one backend.

    Attributes:
        network: Name of the network.
        backend: What Keras computes with.
        form: Who wrote the network.
        parameters: Number of weights, moving statistics included.
        build: Seconds until the model and its optimizer exist.
        first_step: Seconds of the first step, tracing and compiling included.
        step: Median seconds of a later step.
        quartiles: Of those steps, in seconds.
        peak: MiB of memory above the process after its imports.
        ratio: Step time of ours over this one's: median of the rounds; none for ours.
        ratio_range: The smallest and the largest of the rounds.
        passed: Whether the ratio keeps the bar; none where there is no bar.
        rounds: Seconds of every timed step, by turns.
    """

    network: str
    backend: str
    form: str
    parameters: int
    build: float
    first_step: float
    step: float
    quartiles: tuple[float, float]
    peak: float
    ratio: float | None
    ratio_range: tuple[float, float] | None
    passed: bool | None
    rounds: Rounds


def rows(network: str, backend: str, runs: list[Run]) -> list[Row]:
    """Sums up the runs of one network on one backend, by form."""
    by_form: dict[str, list[Run]] = {}
    for run in runs:
        by_form.setdefault(run.form, []).append(run)
    ours = turns(by_form[OURS])
    return [_row(network, backend, same, ours) for same in by_form.values()]


def turns(runs: list[Run]) -> Rounds:
    """Returns the turns of all processes of a form, one after another."""
    return list(chain.from_iterable(run.rounds for run in runs))


def ratios(ours: Rounds, theirs: Rounds) -> list[float]:
    """Compares round by round, so that what slows a whole round cancels."""
    return [median(a) / median(b) for a, b in zip(ours, theirs, strict=True)]


def _row(network: str, backend: str, runs: list[Run], ours: Rounds) -> Row:
    form, taken = runs[0].form, turns(runs)
    steps = list(chain.from_iterable(taken))
    low, _, high = quantiles(steps, n=4, method="inclusive")
    found = [] if form == OURS else ratios(ours, taken)
    ratio = median(found) if found else None
    return Row(
        network=network,
        backend=backend,
        form=form,
        parameters=runs[0].end.parameters,
        build=median(run.start.build for run in runs),
        first_step=median(run.start.first_step for run in runs),
        step=median(steps),
        quartiles=(low, high),
        peak=median(run.end.peak for run in runs),
        ratio=ratio,
        ratio_range=(min(found), max(found)) if found else None,
        passed=ratio <= BAR if ratio is not None and form == BY_HAND else None,
        rounds=taken,
    )
