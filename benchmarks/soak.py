"""Trains for 2,000 steps, and watches memory, open files and threads.

    python benchmarks/soak.py            # some minutes on two cores
    python benchmarks/soak.py --quick    # a smoke test; nothing is kept

ResNet-8 on batches of 16 pictures of 16×16×1, 100 steps an epoch, by `kr.train.fit`
with a run folder: each epoch is validated, and saved with all that the run needs to go
on. A backend has a process of its own. Memory is what the process holds of the
machine's, the largest of ten readings; the readings after step 200 are held against
those of the last steps. The bar: memory grows by at most 5 %, and no file and no thread
is added.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.child import Benchmark

BAR, WARM, READINGS = 0.05, 0.1, 10
HEAD = ("backend", "steps", "MiB", "grows by", "files", "threads", f"bar {BAR:.0%}")
PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class Row:
    """What one backend held at the start and at the end."""

    backend: str
    steps: int
    memory: tuple[int, int]
    files: tuple[int, int]
    threads: tuple[int, int]

    @property
    def growth(self) -> float:
        """What memory has grown by, as a share."""
        first, last = self.memory
        return last / first - 1

    @property
    def passed(self) -> bool:
        """Whether the bar is held."""
        added = (self.files[1] - self.files[0], self.threads[1] - self.threads[0])
        return self.growth <= BAR and max(added) <= 0


def train(steps: int, per_epoch: int) -> Row:
    """Trains, and reads what the process holds at each step; in a fresh process."""
    import keras
    import numpy as np

    import keras_residual as kr

    random = np.random.default_rng(0)
    pictures = random.standard_normal((per_epoch, 16, 16, 16, 1), dtype="float32")
    labels = random.integers(0, 10, (per_epoch, 16))
    read = []

    class Watched(keras.utils.PyDataset):
        def __len__(self):
            return per_epoch

        def __getitem__(self, index):
            read.append(held())
            return pictures[index], labels[index]

    model = kr.models.build("resnet8", input_shape=(16, 16, 1))
    recipe = kr.train.Recipe(epochs=steps // per_epoch, learning_rate=0.01)
    with tempfile.TemporaryDirectory() as folder:
        data = Watched()
        validation = pictures[0], labels[0]
        kr.train.fit(model, data, recipe, validation=validation, out=f"{folder}/run")
    start = int(WARM * len(read))
    first, last = read[start : start + READINGS], read[-READINGS:]
    pairs = [
        (max(a), max(b))
        for a, b in zip(zip(*first, strict=True), zip(*last, strict=True), strict=True)
    ]
    return Row(keras.config.backend(), steps, *pairs)


def held() -> tuple[int, int, int]:
    """Returns pages of memory, open files and threads of this process."""
    pages = int((PROCESS / "statm").read_text(encoding="ascii").split()[1])
    files, threads = (len([*(PROCESS / name).iterdir()]) for name in ("fd", "task"))
    return pages, files, threads


def cells(row: Row) -> tuple[str, ...]:
    page = os.sysconf("SC_PAGE_SIZE")
    return (
        *(row.backend, f"{row.steps:,}"),
        "–".join(f"{pages * page / 2**20:.0f}" for pages in row.memory),
        f"{row.growth:.1%}",
        *("–".join(map(str, pair)) for pair in (row.files, row.threads)),
        "PASS" if row.passed else "FAIL",
    )


def missed(rows: list[Row]) -> bool:
    return not all(row.passed for row in rows)


BENCHMARK = Benchmark(
    script=__file__,
    doc=__doc__ or "",
    title="Two thousand steps",
    row=Row,
    measure=train,
    plan=(2000, 100),
    quick=(20, 5),
    head=HEAD,
    cells=cells,
    missed=missed,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
