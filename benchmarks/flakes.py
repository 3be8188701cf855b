"""Runs the tests again and again, each time in another order, and keeps what failed.

    python benchmarks/flakes.py                     # 20 times; hours, on two cores
    python benchmarks/flakes.py --runs 2 --backend torch tests/train
    python benchmarks/flakes.py --quick             # a smoke test; nothing is kept

A test that passes in one run and fails in another has no cause in the code alone: it
knows the machine, the time, or what another test has left behind. The bar: none does.
Each run mixes the tests of every file by a seed of its own. A run goes into the record
as soon as it is known.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from xml.etree import ElementTree

from harness.child import BACKENDS, RECORDS
from harness.machine import machine
from harness.page import grid, page
from rich.progress import track

ROOT = Path(__file__).resolve().parents[1]
RECORD = RECORDS / "flakes.md"
HEAD = ("run", "seed", "tests", "skipped", "failed")
HOW = ["-q", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]


def run(seed: int, backend: str, paths: list[str]) -> tuple[int, int, list[str]]:
    """Runs tests in an order of their own.

    Args:
        seed: Of the order.
        backend: What Keras computes with.
        paths: Files or folders of tests.

    Returns:
        How many there are, how many are skipped, and the names of those that fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "tests.xml"
        command = [sys.executable, "-m", "pytest", *HOW, "--no-loadscope-reorder"]
        command += ["--shuffle", str(seed), f"--junitxml={told}", *paths]
        environment = {**os.environ, "KERAS_BACKEND": backend}
        subprocess.run(command, check=False, cwd=ROOT, env=environment, stdout=2)
        cases = [*ElementTree.parse(told).iter("testcase")]  # noqa: S314  ours
    failed = [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases), skipped, failed


def keep(rows: list[tuple[str, ...]], about: dict[str, str]) -> None:
    """Writes what is known so far."""
    lines = [HEAD, ("--:", "--:", "--:", "--:", "---"), *rows]
    note = (__doc__ or "").split("\n\n")[2]
    text = page("The tests, again and again", note, grid(lines), about)
    RECORD.write_text(text, encoding="utf-8")


def main() -> int:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", default=["tests"], help="what to run")
    parser.add_argument("--runs", type=int, default=20, help="how often")
    parser.add_argument("--backend", choices=BACKENDS, default=BACKENDS[0])
    parser.add_argument("--quick", action="store_true", help="smoke test")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.paths = 1, ["tests/common/test_errors.py"]
    about = machine(["keras_residual", "keras", options.backend])
    about["tests"] = ", ".join(options.paths)
    rows: list[tuple[str, ...]] = []
    for seed in track(range(1, options.runs + 1), "tests"):
        count, skipped, failed = run(seed, options.backend, options.paths)
        names = ", ".join(failed) or "none"
        rows.append((str(len(rows) + 1), str(seed), str(count), str(skipped), names))
        if not options.quick:
            keep(rows, about)
    print(grid([HEAD, ("--:", "--:", "--:", "--:", "---"), *rows]))
    return int(any(row[-1] != "none" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
