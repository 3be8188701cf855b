"""Times accelerated Keras models against plain ones and against PyTorch by hand.

    python benchmarks/accelerate.py            # half an hour on two cores
    python benchmarks/accelerate.py --quick    # a smoke test; its times mean nothing

Every form lives in a process of its own, and the forms of a job take turns. Memory is
measured in more such processes, one after another: what it takes differs from process
to process by more than the forms do.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from harness.job import Job
from harness.machine import machine
from harness.page import grid, page
from harness.rounds import interleave
from harness.rows import ratios
from harness.worker import Worker
from peers.accelerated import OURS, PLAIN, forms
from rich.console import Console
from rich.table import Table

BACKENDS = ("tensorflow", "jax", "torch")
RECORDS = Path(__file__).parent / "records"
LAST = "PyTorch, channels_last"

FULL = [
    Job(depth=20, batch=128, side=32, trains=True),
    Job(depth=50, batch=32, side=64, trains=True),
    Job(depth=50, batch=1, side=224, trains=False),
]
QUICK = [Job(depth=20, batch=4, side=32, trains=True)]
ROUNDS, STEPS = 8, 3
PROCESSES = 5
"""Fresh processes whose memory is measured, of each form."""

# (backend, trains, what ours is compared with, at most): step times, then peak memory.
# Memory that shall be "no more" may be what any process of the other takes: two of the
# same form differ by some percent.
TIME_BARS = [
    ("tensorflow", True, PLAIN, 0.78),
    ("torch", True, PLAIN, 0.75),
    ("torch", True, LAST, 1.05),
    ("torch", False, "PyTorch, contiguous", 1.1),
]
MEMORY_BARS = [
    ("tensorflow", True, PLAIN, 1.0),
    ("tensorflow", False, PLAIN, 1.0),
    ("jax", True, PLAIN, 1.0),
    ("jax", False, PLAIN, 1.0),
    ("torch", True, PLAIN, 0.75),
    ("torch", False, PLAIN, 1.0),
]


@dataclass(frozen=True)
class Row:
    """One form of one job on one backend.

    Attributes:
        job: What was done with which network.
        backend: What Keras computes with.
        form: Who wrote the network.
        step: Median seconds of a step.
        peak: MiB above the process after its imports, the median of the processes.
        ratio: Step time of ours over this one's, the median of the rounds.
        memory: Peak of ours over this one's.
        passed: Whether both keep their bars; none where there are none.
        peaks: MiB of every process.
        rounds: Seconds of every timed step, by turns.
    """

    job: str
    backend: str
    form: str
    step: float
    peak: float
    ratio: float | None
    memory: float | None
    passed: bool | None
    peaks: list[float]
    rounds: list[list[float]]


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser(description="Times accelerated Keras models.")
    parser.add_argument("--quick", action="store_true", help="smoke test, two steps")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--out", type=Path, help="folder of the record; none: --quick")
    options = parser.parse_args(arguments)
    out = options.out or (None if options.quick else RECORDS)
    counts = (1, 1, 1) if options.quick else (ROUNDS, STEPS, PROCESSES)
    about = machine(["keras_residual", "keras", *options.backends])
    found: list[Row] = []
    for job in QUICK if options.quick else FULL:
        for backend in options.backends:
            found += measure(job, backend, *counts)
    Console(width=None if sys.stdout.isatty() else 130).print(table(found))
    if out:
        write(out, found, about)
    missed = [row for row in found if row.passed is False]
    return 1 if missed and not options.quick else 0


def measure(
    job: Job, backend: str, rounds: int, steps: int, processes: int
) -> list[Row]:
    """Times all forms of a job on a backend; one is at work at a time."""
    names = forms(backend)
    with ExitStack() as ended:
        workers = []
        for form in names:
            worker = Worker(form, backend, job, job.batch, makers="peers.accelerated")
            ended.callback(worker.close)
            workers.append(worker)
        taken = dict(zip(names, interleave(workers, rounds, steps), strict=True))
        ends = {n: w.end() for n, w in zip(names, workers, strict=True)}
    if len({end.parameters for end in ends.values()}) > 1:
        raise RuntimeError(f"{job.name}: the forms are not one network: {ends}")
    peaks = {name: [end.peak] for name, end in ends.items()}
    for name in names * (processes - 1):
        peaks[name].append(peak(job, backend, name, steps))
    return [_row(job, backend, name, taken, peaks) for name in names]


def peak(job: Job, backend: str, form: str, steps: int) -> float:
    """Returns the MiB that a form takes in one more fresh process."""
    worker = Worker(form, backend, job, job.batch, makers="peers.accelerated")
    with closing(worker):
        worker.steps(steps)
        return worker.end().peak


def _row(
    job: Job, backend: str, form: str, taken: dict, peaks: dict[str, list[float]]
) -> Row:
    ours = form == OURS
    ratio = None if ours else median(ratios(taken[OURS], taken[form]))
    memory = None if ours else median(peaks[OURS]) / median(peaks[form])
    kept = [] if ratio is None else _kept(job, backend, form, ratio, peaks)
    return Row(
        job=job.name,
        backend=backend,
        form=form,
        step=median(second for turn in taken[form] for second in turn),
        peak=median(peaks[form]),
        ratio=ratio,
        memory=memory,
        passed=all(kept) if kept else None,
        peaks=peaks[form],
        rounds=taken[form],
    )


def _kept(
    job: Job, backend: str, form: str, ratio: float, peaks: dict[str, list[float]]
) -> list[bool]:
    """Says of each bar between ours and another form whether it is kept."""

    def bars(all_bars: list) -> list[float]:
        return [most for *key, most in all_bars if key == [backend, job.trains, form]]

    own, theirs = median(peaks[OURS]), peaks[form]
    times = [ratio <= most for most in bars(TIME_BARS)]
    return times + [
        own <= (max(theirs) if most == 1 else most * median(theirs))
        for most in bars(MEMORY_BARS)
    ]


HEAD = ["job", "backend", "form", "step ms", "peak MiB"]
HEAD += ["time, ours / this", "memory, ours / this", "bars"]


def cells(row: Row) -> list[str]:
    """Writes a row as text, in the order of `HEAD`."""
    shares = ["" if n is None else f"{n:.3f}" for n in (row.ratio, row.memory)]
    kept = {None: "", True: "PASS", False: "FAIL"}[row.passed]
    numbers = [f"{1e3 * row.step:.1f}", f"{row.peak:.0f}", *shares, kept]
    return [row.job, row.backend, row.form, *numbers]


def table(rows: list[Row]) -> Table:
    """Sets the rows for a terminal."""
    made = Table(*HEAD, title="Keras models, accelerated")
    for row in rows:
        made.add_row(*cells(row))
    return made


def write(folder: Path, rows: list[Row], about: dict[str, str]) -> None:
    """Writes `accelerate.md` to read and `accelerate.json` with every single time."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [HEAD, ["---"] * len(HEAD), *map(cells, rows)]
    text = page("Keras models, accelerated", NOTE, grid(lines), about)
    (folder / "accelerate.md").write_text(text, encoding="utf-8")
    data = {"machine": about, "rows": [asdict(row) for row in rows]}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    (folder / "accelerate.json").write_text(text + "\n", encoding="utf-8")


NOTE = """\
`kr.accelerate` on our own ResNets, which are plain Keras, for the use that is timed.
Training is `train_on_batch` with SGD and momentum, inference `predict_on_batch`.
PyTorch is a plain eager loop. The forms have the same number of weights. Times are
divided round by round, while all forms are alive and take turns; peak memory is what a
fresh process takes on top of its imports, the comparison that `accelerate` makes
included: the median of five processes. It is "no more" than another form's where it is
not above all five of that one."""


if __name__ == "__main__":
    sys.exit(main())
