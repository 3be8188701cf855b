"""Times a training step of our networks against the same ones written by hand.

    python benchmarks/train_step.py            # a quarter of an hour on two cores
    python benchmarks/train_step.py --quick    # a smoke test; its times mean nothing

Every form of a network lives in a process of its own, and the forms take turns.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from pathlib import Path

from harness.forms import forms
from harness.machine import machine
from harness.record import table, write
from harness.rounds import Plan, Run, demand_one_function, measure
from harness.rows import BAR, Row, rows
from rich.console import Console

BACKENDS = ("tensorflow", "jax", "torch")
RECORDS = Path(__file__).parent / "records"

FULL = [
    Plan(depth=20, batch=128, repeats=2, rounds=4, steps=3),
    Plan(depth=110, batch=128, repeats=1, rounds=4, steps=4),
]
QUICK = [Plan(depth=8, batch=4, repeats=1, rounds=1, steps=2)]

NOTE = f"""\
CIFAR ResNets with option A shortcuts, batches of {{batch}} pictures of 32×32×3, SGD
with momentum 0.9; `train_on_batch` in Keras, a plain eager loop in PyTorch. The forms
have the same number of weights and, given the same weights, the same answers. Peak
memory is what a fresh process takes on top of its imports. "ours / this" divides step
times round by round, while both processes are alive and take turns; the median of the
rounds keeps the bar or not: at most {BAR} against Keras by hand."""


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    about = machine(["keras_residual", "keras", *options.backends])
    console = Console(width=None if sys.stdout.isatty() else 150)
    found: list[Row] = []
    plans = QUICK if options.quick else FULL
    for plan in plans:
        found += network(plan, options.backends, console)
    console.print(table(found))
    if options.out:
        note = NOTE.format(batch=plans[0].batch)
        write(options.out, "train_step", found, about, note)
        console.print(f"Written: {options.out}/train_step.md and .json")
    missed = [row for row in found if row.passed is False]
    return 1 if missed and not options.quick else 0


def parse(arguments: list[str] | None) -> Namespace:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smoke test, two steps")
    parser.add_argument(
        "--backends", nargs="+", choices=BACKENDS, help="all; --quick: KERAS_BACKEND"
    )
    parser.add_argument(
        "--out", type=Path, help=f"folder; {RECORDS.name} here; --quick: none"
    )
    options = parser.parse_args(arguments)
    usual = [os.environ.get("KERAS_BACKEND", BACKENDS[0])]
    options.backends = options.backends or (usual if options.quick else list(BACKENDS))
    options.out = options.out or (None if options.quick else RECORDS)
    if missing := [name for name in options.backends if not find_spec(name)]:
        parser.error(
            f"{missing[0]} is not installed. Install all three with  make bench, or "
            "name those that are:  --backends tensorflow"
        )
    return options


def network(plan: Plan, backends: list[str], console: Console) -> list[Row]:
    """Measures one network on every backend, and checks that it is one network."""
    runs: dict[str, list[Run]] = {backend: [] for backend in backends}
    for repeat in range(plan.repeats):
        for backend in backends:
            part = f"{repeat + 1} of {plan.repeats}"
            console.print(f"{plan.network} on {backend}, {part} ...", style="dim")
            runs[backend] += measure(forms(backend), backend, plan)
            demand_one_function([runs[backends[0]][0], *runs[backend]])
    return [
        row
        for backend, taken in runs.items()
        for row in rows(plan.network, backend, taken)
    ]


if __name__ == "__main__":
    sys.exit(main())
