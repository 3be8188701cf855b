"""Shows that a folder of pictures streams: peak memory against the number of pictures.

Generates folders of tiny pictures (hard links to a few files, so that it is quick),
trains `resnet8` for one epoch on each in a fresh process, and writes a record. The bar:
100,000 pictures take at most 500 MB more than the smallest folder, which stands for the
model, the backend and Keras.

    python benchmarks/stream_folder.py            # 100,000 pictures, some minutes
    FAST=1 python benchmarks/stream_folder.py     # 4,000 pictures, no record
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

FAST = os.environ.get("FAST") == "1"
COUNTS = (256, 4_000) if FAST else (256, 10_000, 100_000)
CLASSES, SIDE, FILES = 10, 16, 64
BAR = 500  # MB above the smallest folder
RECORD = Path(__file__).parent / "records" / "stream_folder.md"


def generate(folder: Path, count: int) -> None:
    """Writes `count` pictures as hard links to a few files."""
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"class{number % CLASSES}" / f"{number:06d}.png"
        if number < CLASSES * FILES:
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(path)
        else:
            path.hardlink_to(path.with_name(f"{number % (CLASSES * FILES):06d}.png"))


def train(folder: Path) -> None:
    """Trains for one epoch in this process and prints what it took, as JSON."""
    began = time.perf_counter()
    from keras_residual.train import Recipe, fit

    recipe = Recipe(data=str(folder / "pictures"), epochs=1, learning_rate=0.01)
    run = fit(recipe, folder / "run")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "peak": peak,
                "epoch": run.seconds,
                "all": time.perf_counter() - began,
                "versions": json.loads((folder / "run" / "recipe.json").read_text())[
                    "versions"
                ],
            }
        )
    )


def measure(count: int) -> dict:
    """Trains on a generated folder in a fresh process."""
    with tempfile.TemporaryDirectory() as place:
        generate(Path(place) / "pictures", count)
        done = subprocess.run(
            [sys.executable, __file__, place],
            capture_output=True,
            text=True,
            check=True,
        )
    return {"count": count, **json.loads(done.stdout.splitlines()[-1])}


def table(rows: list[dict]) -> str:
    lines = [
        "| pictures | peak memory, MB | above the smallest, MB | epoch, s | all, s |",
        "|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        above = row["peak"] - rows[0]["peak"]
        lines.append(
            f"| {row['count']:,} | {row['peak']:.0f} | {above:.0f} "
            f"| {row['epoch']:.0f} | {row['all']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def record(rows: list[dict], text: str) -> None:
    """Writes the table with its date, versions and machine."""
    found = rows[0]["versions"].items()
    versions = ", ".join(f"{name} {value}" for name, value in found)
    about = (__doc__ or "").split("\n\n")[1]
    where = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {versions}."
    RECORD.parent.mkdir(exist_ok=True)
    page = f"# A folder of pictures streams\n\n{where}\n\n{about}\n\n{text}"
    RECORD.write_text(page, encoding="utf-8")


def main() -> None:
    rows = [measure(count) for count in COUNTS]
    text = table(rows)
    print(text)
    above = rows[-1]["peak"] - rows[0]["peak"]
    assert above <= BAR, f"{above:.0f} MB above the smallest folder, the bar is {BAR}"
    if not FAST:
        record(rows, text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        train(Path(sys.argv[1]))
    else:
        main()
