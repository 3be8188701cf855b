"""How long each command takes to answer.

    python benchmarks/commands.py            # some minutes
    python benchmarks/commands.py --quick    # a smoke test; nothing is kept

A command runs in a process of its own, once to warm the disk and three times to be
timed; its row is the median. What needs no network of yours has to answer in a second,
the help of each command too. `check` reads a ResNet-8 on each backend; the bar is five
seconds, and one beyond `import keras`, which is timed beside it and in turns with it.
What works on that file or trains on the digits has no bar, and is timed on JAX.
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

from keras_residual.cli.main import app

BACKENDS = ("tensorflow", "jax", "torch")
MODULES = ("keras_residual", "keras", *BACKENDS)
RECORD = Path(__file__).parent / "records" / "commands.md"
COMMAND = [sys.executable, "-m", "keras_residual.cli.main"]
IMPORT = [sys.executable, "-c", "import keras"]
AT_ONCE = (
    "--version",
    "--help",
    *(f"{one.callback.__name__} --help" for one in app.registered_commands),
    "rules",
    "explain KR101",
    "models",
    "forms",
    "check nowhere.keras",
    "predict runs/nowhere picture.png",
)
WORK = (
    "draw small.keras",
    "measure small.keras --data digits",
    "inspect small.keras",
    "fuse small.keras",
    "rewire small.keras --drop stage1_block1_merge_add1",
    "prune small.keras --data digits",
    "export small.keras --format onnx",
    "train --data digits --epochs 1",
    "predict runs/digits-1 digit.png",
    "compare --data digits --depths 8 --epochs 1",
)
MAKE = """
import sys, pathlib, numpy, PIL.Image, keras_residual as kr
place = pathlib.Path(sys.argv[1])
kr.models.build("resnet8").save(place / "model.keras")
small = kr.models.build("resnet8", input_shape=(8, 8, 1))
small.compile(loss="sparse_categorical_crossentropy")
small.save(place / "small.keras")
PIL.Image.fromarray(numpy.eye(8, dtype="uint8") * 255).save(place / "digit.png")
"""


@dataclass(frozen=True)
class Row:
    """What one command took."""

    command: str
    backend: str
    seconds: float
    keras: float | None = None  # `import keras` alone
    bar: float | None = 1.0

    @property
    def beyond(self) -> float:
        """What is beyond `import keras`, where that is asked."""
        return self.seconds - (self.keras or 0.0)


def seconds(
    command: Sequence[str], backend: str = "jax", place: Path | None = None
) -> float:
    """Runs a command and returns what it took; in a folder it has to succeed."""
    for made in [] if place is None else place.glob("small[-.]*"):
        if made.name != "small.keras":
            made.unlink()  # a command does not write over it
    began = perf_counter()
    environment = {**os.environ, "KERAS_BACKEND": backend}
    ended = subprocess.run(
        command, capture_output=True, env=environment, cwd=place, check=False
    )
    taken = perf_counter() - began
    if place is not None and ended.returncode:
        sys.exit(f"{command}:\n{ended.stderr.decode()}")
    return taken


def timed(words: str, rounds: int, place: Path | None = None) -> float:
    command = [*COMMAND, *words.split()]
    seconds(command, place=place)
    return median(seconds(command, place=place) for _ in range(rounds))


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
    passed = row.bar is None or row.seconds <= row.bar
    passed = passed and (row.keras is None or row.beyond <= 1.0)
    beyond = "" if row.keras is None else f"{row.beyond:.1f}"
    verdict = "" if row.bar is None else "PASS" if passed else "FAIL"
    return [
        *(f"`{row.command}`", row.backend, f"{row.seconds:.2f}"),
        *(alone, beyond, verdict),
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round, no record")
    quick = parser.parse_args().quick
    rounds = 1 if quick else 3
    rows = [Row(one, "", timed(one, rounds)) for one in AT_ONCE]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        subprocess.run([sys.executable, "-c", MAKE, place], check=True)
        rows += [checked(place / "model.keras", one, rounds) for one in BACKENDS]
        rows += [Row(one, "jax", timed(one, rounds, place), bar=None) for one in WORK]
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
