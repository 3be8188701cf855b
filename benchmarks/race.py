"""Races our networks against every peer on the same two jobs: training and inference.

    python benchmarks/race.py            # make race; twenty minutes on two cores
    python benchmarks/race.py --quick    # a smoke test; its times mean nothing

Every form lives in a process of its own. The forms of a group are all alive and take
turns; the fastest of ours and of the others then meet in a final. In each group the
fastest 3×3 convolution of the machine runs, too: the limit that no network can pass.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from shutil import which

from harness.groups import Found, Rules, race, ticks
from harness.job import Job
from harness.machine import machine
from harness.scoreboard import Board, table, write
from harness.worker import DEVICES
from peers.keras_form import multiply_adds
from peers.racers import APPLICATIONS, RESNET, Racer, racers
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

BACKENDS = ("tensorflow", "jax", "torch")
RECORDS = Path(__file__).parent / "records"
VERSIONS = ["keras_residual", "keras", *BACKENDS]
VERSIONS += ["torchvision", "timm", "flax", "optax", "onnxruntime", "openvino"]

JOBS = {
    "train20": (Job(20, 128, 32, trains=True), Rules(rounds=8, steps=3)),
    "train50": (Job(50, 32, 64, trains=True), Rules(rounds=8, steps=3)),
    "infer50": (Job(50, 1, 224, trains=False), Rules(rounds=8, steps=8)),
    "infer50x16": (Job(50, 16, 224, trains=False), Rules(rounds=6, steps=2)),
}
USUAL = ["train20", "train50", "infer50"]
SHORT = Rules(rounds=1, steps=1, size=1, finalists=1)
QUICK = {
    "train20": (Job(20, 4, 32, trains=True), SHORT),
    "infer50": (Job(50, 1, 32, trains=False), replace(SHORT, size=3)),
}


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    about = machine([name for name in VERSIONS if find_spec(name)])
    if options.device == "gpu":
        about["card"] = card()
    board = Board(about)
    console = Console(width=None if sys.stdout.isatty() else 150)
    jobs = QUICK if options.quick else JOBS
    for name in options.jobs:
        job, rules = jobs[name]
        job = replace(job, device=options.device, dtype=options.dtype)
        entered = racers(job, options.backends, quick=options.quick)
        if options.only:
            entered = [r for r in entered if any(w in r.label for w in options.only)]
        board.enter(job, *watched(job, rules, entered), costs(job, options.backends[0]))
        if options.out:  # after each job: what is to come may take a while
            write(options.out, options.device, options.dtype, board)
    console.print(table(board))
    for line in board.lines():
        console.print(line, markup=False, highlight=False)
    return 1 if any(one.racer.ours for _, one in board.out) else 0


def parse(arguments: list[str] | None) -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="smoke test, a step a turn")
    add("--jobs", nargs="+", choices=JOBS, help=f"usually {' '.join(USUAL)}")
    add("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    add("--only", nargs="+", metavar="WORD", help="forms whose name has such a word")
    add("--device", choices=DEVICES, default="cpu")
    add("--dtype", choices=("float32", "bfloat16"), default="float32")
    add("--out", type=Path, help=f"folder; {RECORDS.name} here; --quick: none")
    options = parser.parse_args(arguments)
    options.jobs = options.jobs or (list(QUICK) if options.quick else USUAL)
    options.out = options.out or (None if options.quick else RECORDS)
    if missing := [name for name in options.backends if not find_spec(name)]:
        parser.error(
            f"{missing[0]} is not installed. Install all with  make race, or "
            "name those that are:  --backends tensorflow"
        )
    if options.quick and (other := [n for n in options.jobs if n not in QUICK]):
        parser.error(f"--quick has no {other[0]}. Name some of:  {' '.join(QUICK)}")
    if options.device == "gpu" and not card():
        parser.error(
            "--device gpu: nvidia-smi lists no GPU here, or is not there itself. "
            "Race on the processor:  --device cpu"
        )
    if options.device == "cpu" and options.dtype != "float32":
        parser.error(
            f"--dtype {options.dtype}: on the processor all race in float32. Where "
            "there is a GPU:  --device gpu --dtype bfloat16"
        )
    return options


def card() -> str:
    """Returns the name of the GPU, if any, without a library that takes hold of it."""
    tool = which("nvidia-smi")
    if tool is None:
        return ""
    ask = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def watched(job: Job, rules: Rules, entered: Sequence[Racer]) -> Found:
    """Races one job behind a bar of its progress."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task(job.name, total=ticks(rules, entered))

        def tick(what: str) -> None:
            bar.update(task, advance=1, description=f"{job.name}; {what}")

        return race(job, rules, entered, tick)


def costs(job: Job, backend: str) -> dict[str, int]:
    """Counts what each network multiplies, in a process that imports Keras for it."""
    networks = [RESNET, APPLICATIONS] if job.depth == 50 else [RESNET]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        count = partial(multiply_adds, job, backend)
        return dict(zip(networks, apart.map(count, networks), strict=True))


if __name__ == "__main__":
    sys.exit(main())
