"""Times the readings of `ResidualMonitor` against the training steps between them.

    python benchmarks/residual_monitor.py            # some minutes on two cores
    python benchmarks/residual_monitor.py --quick    # a smoke test; nothing is kept

ResNet-20 on batches of 128 pictures of 32×32×3, the default columns, a probe of 32
pictures. A backend has a process of its own. The first step and the first reading
compile and are left out. A step ends when its loss is known. The bar: at the default of
a reading every 100 steps, readings take at most 5 % of the time of the steps.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from harness.child import Benchmark

EVERY, BAR = 100, 0.05
HEAD = ("backend", "step, ms", "reading, ms", f"share at every={EVERY}", f"bar {BAR}")


@dataclass(frozen=True)
class Row:
    """What one backend measured, in seconds."""

    backend: str
    step: float
    reading: float

    @property
    def share(self) -> float:
        return self.reading / (EVERY * self.step)


def train(depth: int, batch: int, steps: int, every: int) -> Row:
    """Trains with a monitor and times its readings; runs in a fresh process."""
    import keras
    import numpy as np

    import keras_residual as kr

    class Clock(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.began, self.seconds = 0.0, []

        def on_train_batch_begin(self, batch, logs=None):
            self.began = perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            float(logs["loss"])
            self.seconds.append(perf_counter() - self.began)

    class Timed(kr.ResidualMonitor):
        seconds: list[float]

        def on_train_batch_end(self, batch, logs=None):
            began, before = perf_counter(), len(self.history)
            super().on_train_batch_end(batch, logs)
            if len(self.history) > before:
                self.seconds.append(perf_counter() - began)

    random = np.random.default_rng(0)
    pictures = random.standard_normal((steps * batch, 32, 32, 3), dtype="float32")
    model = kr.models.build(f"resnet{depth}")
    model.compile(
        keras.optimizers.SGD(0.01, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    clock, monitor = Clock(), Timed(pictures[:32], every=every)
    monitor.seconds = []
    labels = random.integers(0, 10, len(pictures))
    model.fit(pictures, labels, batch_size=batch, verbose=0, callbacks=[clock, monitor])
    backend = keras.config.backend()
    return Row(backend, median(clock.seconds[1:]), median(monitor.seconds[1:]))


def cells(row: Row) -> tuple[str, ...]:
    passed = "PASS" if row.share <= BAR else "FAIL"
    times = (f"{1e3 * row.step:.1f}", f"{1e3 * row.reading:.1f}")
    return (row.backend, *times, f"{row.share:.2%}", passed)


def missed(rows: list[Row]) -> bool:
    return any(row.share > BAR for row in rows)


BENCHMARK = Benchmark(
    script=__file__,
    doc=__doc__ or "",
    title="Reading while training",
    row=Row,
    measure=train,
    plan=(20, 128, 24, 4),
    quick=(8, 4, 6, 2),
    head=HEAD,
    cells=cells,
    missed=missed,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
