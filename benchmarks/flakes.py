"""Runs the tests again and again, each time in another order, and keeps what failed.

    python benchmarks/flakes.py                     # 20 times; hours, on two cores
    python benchmarks/flakes.py --runs 3 --backend torch --newcomer
    python benchmarks/flakes.py --runs 2 tests/train
    python benchmarks/flakes.py --quick             # a smoke test; nothing is kept

A test that passes in one run and fails in another has no cause in the code alone: it
knows the machine, the time, or what another test has left behind. The bar: none does.
Each run mixes the tests of every file, its number is the seed, and is added to the
record as soon as it is known: 20 may come together on several days. With `--newcomer`
it has what `make test` runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from harness.child import BACKENDS, RECORDS
from harness.machine import machine
from harness.page import grid, page
from rich.progress import track

ROOT = Path(__file__).resolve().parents[1]
RECORD = RECORDS / "flakes.md"
HEAD = ("run", "on", "backend", "what", "tests", "skipped", "failed")
RULE = ("--:", "---", "---", "---", "--:", "--:", "---")
NEWCOMER = "as `make test`"
Row = tuple[str, ...]
HOW = ["-q", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
HOW += ["--max-worker-restart", "0", "--no-loadscope-reorder"]


def run(seed: int, backend: str, what: list[str]) -> Row:
    """Runs tests in an order of their own.

    Args:
        seed: Decides the order.
        backend: What Keras computes with.
        what: Files or folders of tests, and options.

    Returns:
        How many there are, how many are skipped, and the names of those that fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "tests.xml"
        command = [sys.executable, "-m", "pytest", *HOW]
        command += ["--shuffle", str(seed), f"--junitxml={told}", *what]
        environment = {**os.environ, "KERAS_BACKEND": backend}
        subprocess.run(command, check=False, cwd=ROOT, env=environment, stdout=2)
        cases = [*ElementTree.parse(told).iter("testcase")]  # noqa: S314  ours
    failed = [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return str(len(cases)), str(skipped), ", ".join(failed) or "none"


def known() -> list[Row]:
    """Returns the runs of the record."""
    text = RECORD.read_text(encoding="utf-8") if RECORD.exists() else ""
    table = [line for line in text.splitlines() if line.startswith("| ")]
    return [tuple(line[2:-2].split(" | ")) for line in table[2:]]


def keep(rows: list[Row], about: dict[str, str]) -> None:
    """Writes what is known so far."""
    note = (__doc__ or "").split("\n\n")[2]
    text = page("The tests, again and again", note, grid([HEAD, RULE, *rows]), about)
    RECORD.write_text(text, encoding="utf-8")


def main() -> int:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", default=["tests"], help="what to run")
    parser.add_argument("--runs", type=int, default=20, help="how often")
    parser.add_argument("--backend", choices=BACKENDS, default=BACKENDS[0])
    parser.add_argument("--newcomer", action="store_true", help="what make test runs")
    parser.add_argument("--quick", action="store_true", help="smoke test")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.paths = 1, ["tests/common/test_errors.py"]
    about = machine(["keras_residual", "keras", options.backend])
    rows = [] if options.quick else known()
    what = [*options.paths, *(["--quick"] if options.newcomer else [])]
    said = NEWCOMER if options.newcomer else ", ".join(options.paths)
    first = len(rows) + 1
    for number in track(range(first, first + options.runs), "tests"):
        found = run(number, options.backend, what)
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        rows.append((str(number), day, options.backend, said, *found))
        if not options.quick:
            keep(rows, about)
    print(grid([HEAD, RULE, *rows]))
    return int(any(row[-1] != "none" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
