"""Times the checkpoints of a run against its epochs, and its going on against a start.

    python benchmarks/checkpoints.py            # some minutes on two cores
    python benchmarks/checkpoints.py --quick    # a smoke test; nothing is kept

The run of `make demo`: ResNet-8 on 6,000 pictures of clothes, a run folder, a
checkpoint after every epoch. A backend has a process of its own. The first epoch
compiles and is left out. A start is the time from the call to the first step; that of a
run that goes on is held against that of a run that begins, the second of each. The
bars: a checkpoint takes at most 2 % of an epoch, and a run that goes on starts at most
2 seconds later.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from harness.child import Benchmark

SHARE, LATER = 0.02, 2.0
HEAD = (
    *("backend", "epoch, s", "checkpoint, ms", f"share, bar {SHARE:.0%}"),
    *("start, s", "start of going on, s", f"later, bar {LATER:.0f} s"),
)


@dataclass(frozen=True)
class Row:
    """What one backend measured, in seconds."""

    backend: str
    epoch: float
    checkpoint: float
    start: float
    going_on: float

    @property
    def share(self) -> float:
        """What a checkpoint takes of an epoch."""
        return self.checkpoint / self.epoch

    @property
    def later(self) -> float:
        """How much later the first step of a run that goes on is."""
        return self.going_on - self.start

    @property
    def passed(self) -> bool:
        """Whether both bars are held."""
        return self.share <= SHARE and self.later <= LATER


class Clock:
    """Reads the time where a run saves, and ends it after an epoch."""

    def __init__(self) -> None:
        self.called = self.began = self.start = 0.0
        self.epochs: list[float] = []
        self.checkpoints: list[float] = []
        self.ends_after: int | None = None

    def call(self, run: Any, *args: Any) -> float:
        """Runs until the epoch after which it is to end; returns when it started."""
        self.called, self.start = perf_counter(), 0.0
        with suppress(KeyboardInterrupt):
            run(*args)
        return self.start

    def watches(self, saving: type) -> type:
        """Returns the callback that saves, watched."""
        clock = self

        class Watched(saving):
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                clock.began = perf_counter()
                super().on_epoch_begin(epoch, logs)

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                super().on_train_batch_begin(batch, logs)
                clock.start = clock.start or perf_counter() - clock.called

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                began = perf_counter()
                super().on_epoch_end(epoch, logs)
                now = perf_counter()
                clock.checkpoints.append(now - began)
                clock.epochs.append(now - clock.began)
                if epoch + 1 == clock.ends_after:
                    raise KeyboardInterrupt

        return Watched


def train(data: str, epochs: int) -> Row:
    """Trains, stops and goes on, twice; in a fresh process."""
    import keras

    import keras_residual as kr
    from keras_residual.train import running

    clock = Clock()
    running.SaveRun = clock.watches(running.SaveRun)
    recipe = kr.train.Recipe(data=data, epochs=epochs)
    with tempfile.TemporaryDirectory() as place:
        starts = []
        for folder in (Path(place, "one"), Path(place, "two")):
            clock.ends_after = epochs - 1
            start = clock.call(kr.train.fit, recipe, folder)
            clock.ends_after = None
            starts.append((start, clock.call(kr.train.resume, folder)))
    steady = [n for n in range(len(clock.epochs)) if n % epochs not in (0, epochs - 1)]
    return Row(
        keras.config.backend(),
        median(clock.epochs[n] for n in steady),
        median(clock.checkpoints[n] for n in steady),
        *starts[-1],
    )


def cells(row: Row) -> tuple[str, ...]:
    return (
        *(row.backend, f"{row.epoch:.2f}", f"{row.checkpoint * 1000:.0f}"),
        f"{row.share:.1%} {'PASS' if row.share <= SHARE else 'FAIL'}",
        *(f"{row.start:.2f}", f"{row.going_on:.2f}"),
        f"{row.later:.2f} {'PASS' if row.later <= LATER else 'FAIL'}",
    )


def missed(rows: list[Row]) -> bool:
    return not all(row.passed for row in rows)


BENCHMARK = Benchmark(
    script=__file__,
    doc=__doc__ or "",
    title="What checkpoints cost",
    row=Row,
    measure=train,
    plan=("fashion-mnist", 4),
    quick=("digits", 3),
    head=HEAD,
    cells=cells,
    missed=missed,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
