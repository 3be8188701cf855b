"""A benchmark script that measures each backend in a fresh process of itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.machine import machine
from harness.page import grid, page

BACKENDS = ("tensorflow", "jax", "torch")
RECORDS = Path(__file__).resolve().parents[1] / "records"


@dataclass(frozen=True)
class Benchmark:
    """What is measured, how it is shown, and where it is kept.

    Args:
        script: The script's file; its record is named as it is.
        doc: Its docstring: a title, the commands, and what is measured.
        title: The heading of its record.
        row: The data class of what one backend measured.
        measure: Returns such a row; it runs in a process of one backend.
        plan: The arguments of `measure`.
        quick: Those of a smoke test.
        head: What stands above the columns; the first is the backend.
        cells: Returns the line of a row.
        missed: Says whether a bar is missed.
    """

    script: str
    doc: str
    title: str
    row: type
    measure: Callable[..., Any]
    plan: tuple[Any, ...]
    quick: tuple[Any, ...]
    head: Sequence[str]
    cells: Callable[[Any], Sequence[str]]
    missed: Callable[[list[Any]], bool]

    def main(self) -> int:
        """Runs on each backend; prints the table, and keeps it."""
        parser = ArgumentParser(description=self.doc.splitlines()[0])
        add = parser.add_argument
        add("--quick", action="store_true", help="smoke test")
        add("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
        add("--child", action="store_true", help="used by the script")
        options = parser.parse_args()
        if options.child:
            found = self.measure(*(self.quick if options.quick else self.plan))
            print(json.dumps(asdict(found)))
            return 0
        about = machine(["keras_residual", "keras", *options.backends])
        rows = [
            self.row(**child(self.script, backend, quick=options.quick))
            for backend in options.backends
        ]
        print(self._table(rows))
        if options.quick:
            return 0
        self._keep(rows, about)
        return int(self.missed(rows))

    def _table(self, rows: list[Any]) -> str:
        rule = ("---", *["--:"] * (len(self.head) - 1))
        return grid([self.head, rule, *map(self.cells, rows)])

    def _keep(self, rows: list[Any], about: dict[str, str]) -> None:
        record = RECORDS / f"{Path(self.script).stem}.md"
        text = page(self.title, self.doc.split("\n\n")[2], self._table(rows), about)
        record.write_text(text, encoding="utf-8")
        print(f"Written: {record}")


def environment(backend: str) -> dict[str, str]:
    """Returns that of a process which computes with a backend, and is calm.

    Args:
        backend: What Keras computes with.
    """
    return {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}


def child(script: str, backend: str, *, quick: bool) -> Any:
    """Runs a script as `--child` and returns what its last line says, read as JSON.

    Args:
        script: The script's file.
        backend: What Keras computes with; a process has one.
        quick: Whether it is a smoke test.
    """
    done = subprocess.run(
        [sys.executable, script, "--child", *(["--quick"] if quick else [])],
        env=environment(backend),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])
