"""Takes turns, so that the drift of a shared machine falls on every form alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from harness.worker import End, Start, Worker

TOLERANCE = 1e-4
"""Of the largest logit. In float32 the backends differ by some 1e-6 of it."""

Rounds = list[list[float]]


@dataclass(frozen=True)
class Plan:
    """How one network is measured.

    Attributes:
        depth: Depth of the network.
        batch: Pictures in a batch.
        repeats: Fresh processes for each form, one after another.
        rounds: Turns that each form takes within one repeat.
        steps: Timed steps in a turn.
    """

    depth: int
    batch: int
    repeats: int
    rounds: int
    steps: int

    @property
    def network(self) -> str:
        """Name of the network."""
        return f"resnet{self.depth}"


@dataclass(frozen=True)
class Run:
    """What one process of one form measured; `rounds` holds seconds per step."""

    form: str
    start: Start
    rounds: Rounds
    end: End


class Stepper(Protocol):
    """What can take a turn."""

    def steps(self, count: int) -> list[float]:
        """Trains some steps; returns the seconds that each took."""
        ...


def measure(forms: list[str], backend: str, plan: Plan) -> list[Run]:
    """Measures forms against each other: all alive, one at work at a time."""
    with ExitStack() as ended:
        workers = []
        for form in forms:
            worker = Worker(form, backend, plan.depth, plan.batch)
            ended.callback(worker.close)
            workers.append(worker)
        rounds = interleave(workers, plan.rounds, plan.steps)
        return [
            Run(form, worker.start, taken, worker.end())
            for form, worker, taken in zip(forms, workers, rounds, strict=True)
        ]


def interleave(
    workers: Sequence[Stepper],
    rounds: int,
    steps: int,
    tick: Callable[[], object] = lambda: None,
) -> list[Rounds]:
    """Lets each take `rounds` turns of `steps` steps, in turn: A B, B A, A B, ...

    The order turns round each time, so that nobody always goes first. `tick` is called
    after each turn.
    """
    taken: list[Rounds] = [[] for _ in workers]
    for number in range(rounds):
        order = range(len(workers))
        for index in reversed(order) if number % 2 else order:
            taken[index].append(workers[index].steps(steps))
            tick()
    return taken


def demand_one_function(runs: Sequence[Run], tolerance: float = TOLERANCE) -> None:
    """Checks that all forms are one network.

    Args:
        runs: What ran.
        tolerance: How far answers may be apart, in proportion to the largest logit.

    Raises:
        RuntimeError: Two have different numbers of weights, or answer differently.
    """
    first = runs[0]
    for run in runs[1:]:
        counts = first.end.parameters, run.end.parameters
        gap = np.abs(run.end.logits - first.end.logits).max()
        gap /= np.abs(first.end.logits).max()
        if counts[0] != counts[1] or not gap <= tolerance:
            raise RuntimeError(
                f"{first.form!r} and {run.form!r} are not the same network: "
                f"{counts[0]:,} and {counts[1]:,} weights, answers {gap:.1e} of the "
                f"largest logit apart ({tolerance:.0e} at most).\n"
                "A comparison of their times means nothing. Make the peer by hand "
                "follow the model again."
            )
