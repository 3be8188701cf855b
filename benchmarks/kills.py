"""Kills trainings at many places, goes on with each, and compares what comes out.

    python benchmarks/kills.py                       # half an hour on two cores
    python benchmarks/kills.py --backends torch --points 4
    python benchmarks/kills.py --quick               # a smoke test; nothing is kept

Each run is `keras-residual train` in processes of its own, on 64 pictures made here: a
residual network with batch norms, dropout and drop path; pictures mirrored and shifted;
gradients of two steps; three epochs of four steps, the last of them smaller; a
checkpoint every two steps. A process ends itself with SIGKILL at the place that the
row names, or is told to end by a signal: then it saves, and ends with 128 + the
signal's number, or at once before it trains. `--resume` goes on, to the next place or
to the end. Compared with the run that nobody stopped are the SHA-256 of the weights,
of all that the optimizer and the seeds hold, of the history without its clock, and of
the best epoch's weights; and each process has to end as it should. The bar: all are
equal, at every place. The first backend has all places, the others the first six.
"""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from harness.child import BACKENDS, RECORDS, environment
from harness.killed import NETWORK, SIDE
from harness.machine import machine
from harness.page import grid, page
from PIL import Image
from rich.progress import track

from keras_residual.common.files import digest_of
from keras_residual.train.resuming.checkpoints import (
    STATE,
    TRAINING,
    WEIGHTS,
    Checkpoints,
)

RECORD = RECORDS / "kills.md"
HEAD = ("backend", "the run is killed", "at", "processes", "ends the same")
RULE = ("---", "---", "---", "--:", "---")
FEWER = 6  # places of each backend but the first
PICTURES, CLASSES, HELD_OUT, BATCH = 64, ("blue", "red"), 0.25, 14

# What is said of it, and the places of the processes, one after the other.
POINTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("within an epoch", ("step:3",)),
    ("at the end of an epoch, before it is saved", ("epoch:1",)),
    ("within a validation", ("validation:1",)),
    ("while a checkpoint is written, in a file's middle", ("half:4",)),
    ("twice in one epoch", ("step:6", "unsaved:1")),
    ("when a checkpoint has its name and the old one stands", ("named:3",)),
    ("before the first checkpoint", ("step:1",)),
    ("after the last step of an epoch", ("step:4",)),
    ("after the first step of an epoch", ("step:5",)),
    ("after a step, before its checkpoint", ("unsaved:6",)),
    ("just when an epoch is saved", ("saved:1",)),
    ("within the last validation", ("validation:6",)),
    ("before a checkpoint has its name", ("unnamed:2",)),
    ("while the first file of all is written", ("half:1",)),
    ("while model.keras is written", ("model:2",)),
    ("while best.weights.h5 is written", ("best:1",)),
    ("twice in one validation", ("validation:3", "validation:1")),
    ("three times", ("step:6", "unnamed:1", "validation:1")),
    ("after the last epoch, before the report", ("saved:3",)),
    ("is told by SIGHUP within a validation", ("validation:3:SIGHUP",)),
    ("is told when it is compiled", ("compiled:1:SIGTERM",)),
    ("is told after its first step", ("step:1:SIGTERM",)),
    ("is told within an epoch", ("step:5:SIGTERM",)),
    ("is told, with its group, within an epoch", ("step:6:SIGTERM:group",)),
    ("is told within a validation", ("validation:1:SIGTERM",)),
    ("is told at the end of an epoch", ("epoch:1:SIGTERM",)),
    ("is told while a checkpoint is written", ("half:4:SIGTERM",)),
    ("is told before a checkpoint has its name", ("unnamed:2:SIGTERM",)),
    ("is told while model.keras is written", ("model:2:SIGTERM",)),
    ("is told twice in one epoch", ("step:5:SIGTERM", "step:2:SIGTERM")),
)
Row = tuple[str, ...]


def pictures(folder: Path) -> Path:
    """Writes noise, lighter in one channel for each class.

    Args:
        folder: Where a folder for each class is made.
    """
    random = np.random.default_rng(0)
    for number in range(PICTURES):
        place = number % len(CLASSES)
        values = random.integers(0, 160, (SIDE, SIDE, 3), dtype=np.uint8)
        values[..., 2 * (1 - place)] += 90
        path = folder / CLASSES[place] / f"{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(path)
    return folder


def process(place: str, backend: str, options: list[str]) -> int:
    """Trains in a process that ends at a place; returns what it ended with."""
    script = Path(__file__).parent / "harness" / "killed.py"
    done = subprocess.run(
        [sys.executable, str(script), place, "train", *options],
        env=environment(backend),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    if done.returncode not in (0, ended_with(place)):
        sys.exit(done.stdout[-1000:] + done.stderr[-3000:])
    return done.returncode


def ended_with(place: str) -> int:
    """Returns what a process ends with that a place ends."""
    if place == "none":
        return 0
    moment, _, *names = place.split(":")
    number = signal.Signals[names[0] if names else "SIGKILL"]
    at_once = not names or moment == "compiled"  # nothing is there to save
    return -number if at_once else 128 + number


def train(data: Path, run: Path, backend: str, places: tuple[str, ...]) -> list[str]:
    """Trains to the end; returns the places that no process came to."""
    anew = ["--data", str(data), "--model", NETWORK, "--epochs", "3"]
    anew += ["--batch-size", str(BATCH), "--validation", str(HELD_OUT)]
    anew += ["--augment", "flip-crop", "--accumulate", "2", "--checkpoint-every", "2"]
    missed = []
    for place in (*places, "none"):
        going_on = (run / "recipe.json").exists()
        options = ["--resume"] if going_on else anew
        code = process(place, backend, [*options, "--out", str(run)])
        if place != "none" and code == 0:
            missed.append(place)
    return missed


def left(run: Path) -> dict[str, str]:
    """Returns the hashes of all that a finished run left, but for the clock."""
    newest = Checkpoints(run / "checkpoints").places()[0]
    state = json.loads((newest / STATE).read_text(encoding="utf-8"))
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in state["rows"]]
    return {
        "step": newest.name,
        "weights": digest_of(newest / WEIGHTS),
        "optimizer and seeds": digest_of(newest / TRAINING),
        "history": hashlib.sha256(json.dumps(rows).encode()).hexdigest(),
        "best weights": digest_of(run / "best.weights.h5"),
    }


def measured(backend: str, count: int) -> Iterator[Row]:
    """Yields a row for each of the first so many places."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, whole = pictures(folder / "pictures"), folder / "whole"
        train(data, whole, backend, ())
        expected = left(whole)
        for number, (said, places) in enumerate(POINTS[:count]):
            run = folder / str(number)
            missed = train(data, run, backend, places)
            found = left(run)
            other = [part for part, one in expected.items() if found[part] != one]
            wrong = [f"NOT REACHED: {place}" for place in missed]
            wrong += [f"NO: {', '.join(other)}"] if other else []
            yield (
                *(backend, said, ", ".join(places), str(len(places) + 1)),
                "; ".join(wrong) or "yes",
            )


def keep(rows: list[Row], about: dict[str, str]) -> None:
    """Writes what is known so far."""
    note = (__doc__ or "").split("\n\n")[2]
    text = page("Killed, and gone on with", note, grid([HEAD, RULE, *rows]), about)
    RECORD.write_text(text, encoding="utf-8")


def main() -> int:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    add("--points", type=int, help="places of each backend")
    add("--quick", action="store_true", help="smoke test")
    options = parser.parse_args()
    about = machine(["keras_residual", "keras", *options.backends])
    rows: list[Row] = []
    for number, backend in enumerate(options.backends):
        count = options.points or (FEWER if number else len(POINTS))
        count = 1 if options.quick else min(count, len(POINTS))
        for row in track(measured(backend, count), backend, total=count):
            rows.append(row)
            if not options.quick:
                keep(rows, about)
    print(grid([HEAD, RULE, *rows]))
    return int(any(row[-1] != "yes" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
