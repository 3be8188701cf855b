"""How long each command takes to answer.

    python benchmarks/commands.py            # some minutes
    python benchmarks/commands.py --quick    # a smoke test; nothing is kept

A command runs in a process of its own, once to warm the disk and three times to be
timed; its row is the median. What needs no network of yours has to answer in a second.
`check` reads a ResNet-8 on each backend; the bar is five seconds, and one beyond
`import keras`, which is timed beside it and in turns with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from harness.machine import machine
from harness.page import grid, page

BACKENDS = ("tensorflow", "jax", "torch")
MODULES = ("keras_residual", "keras", *BACKENDS)
RECORD = Path(__file__).parent / "records" / "commands.md"
COMMAND = [sys.executable, "-m", "keras_residual.cli.main"]
IMPORT = [sys.executable, "-c", "import keras"]
AT_ONCE = (
    "--version",
    "--help",
    "train --help",
    "check --help",
    "rules",
    "explain KR101",
    "check nowhere.keras",
    "predict runs/nowhere picture.png",
)
MAKE = "import sys, keras_residual as kr; kr.models.build('resnet8').save(sys.argv[1])"


@dataclass(frozen=True)
class Row:
    """What one command took."""

    command: str
    backend: str
    seconds: float
    keras: float | None = None  # `import keras` alone
    bar: float = 1.0

    @property
    def beyond(self) -> float:
        """What is beyond `import keras`, where that is asked."""
        return self.seconds - (self.keras or 0.0)


def seconds(command: Sequence[str], backend: str = "jax") -> float:
    """Runs a command and returns what it took; what it says is not looked at."""
    began = perf_counter()
    environment = {**os.environ, "KERAS_BACKEND": backend}
    subprocess.run(command, capture_output=True, env=environment, check=False)
    return perf_counter() - began


def timed(command: Sequence[str], rounds: int) -> float:
    seconds(command)
    return median(seconds(command) for _ in range(rounds))


def checked(file: Path, backend: str, rounds: int) -> Row:
    """Times `check` of a file, and `import keras` in turns with it."""
    both = ([*COMMAND, "check", str(file)], IMPORT)
    for command in both:
        seconds(command, backend)
    taken = [[seconds(command, backend) for command in both] for _ in range(rounds)]
    check, keras = map(median, zip(*taken, strict=True))
    return Row("check model.keras", backend, check, keras, bar=5.0)


def written(row: Row) -> list[str]:
    alone = "" if row.keras is None else f"{row.keras:.1f}"
    passed = row.seconds <= row.bar and (row.keras is None or row.beyond <= 1.0)
    beyond = "" if row.keras is None else f"{row.beyond:.1f}"
    verdict = "PASS" if passed else "FAIL"
    return [
        *(f"`{row.command}`", row.backend, f"{row.seconds:.2f}"),
        *(alone, beyond, verdict),
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round, no record")
    quick = parser.parse_args().quick
    rounds = 1 if quick else 3
    rows = [Row(one, "", timed([*COMMAND, *one.split()], rounds)) for one in AT_ONCE]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "model.keras"
        subprocess.run([sys.executable, "-c", MAKE, file], check=True)
        rows += [checked(file, backend, rounds) for backend in BACKENDS]
    head = ["command", "backend", "seconds", "`import keras`", "beyond it", "bar"]
    rules = ["---", "---", "--:", "--:", "--:", "---"]
    table = grid([head, rules, *map(written, rows)])
    print(table)
    if not quick:
        about = (__doc__ or "").split("\n\n")[-1]
        text = page(
            "How long a command takes to answer", about, table, machine([*MODULES])
        )
        RECORD.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
