"""Variants trained from the same seeds, so that their differences can be paired."""

import logging
import math
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

FAST = os.environ.get("FAST") == "1"
logging.getLogger("tensorflow").setLevel("ERROR")  # it counts networks as retracings
RECORDS = Path(__file__).resolve().parents[1] / "records"
HEAD = ("variant", "mean", "sd", "lowest–highest", "minus control", "in noise floors")


@dataclass(frozen=True)
class Effect:
    """What is compared: a number for each variant and seed.

    Args:
        name: The record's file.
        title: What is asked.
        note: How it was made, and what is published.
        measure: What the numbers are.
        control: The variant that the others are held against.
        digits: Decimals that are shown.
    """

    name: str
    title: str
    note: str
    measure: str
    control: str
    digits: int = 3

    def run(self, variants: dict[str, Callable[[int], float]], seeds: int) -> None:
        """Trains each variant from each seed, prints the table and keeps it.

        Args:
            variants: Trains from a seed, and returns what came of it.
            seeds: How many; in a quick look it is one.
        """
        wanted = [
            (seed, name) for seed in range(1 if FAST else seeds) for name in variants
        ]
        found: dict[str, list[float]] = {name: [] for name in variants}
        console = Console()
        for seed, name in track(wanted, self.title, console=console, transient=True):
            keras.utils.clear_session()
            keras.utils.set_random_seed(seed)
            found[name].append(variants[name](seed))
        rows = self.rows(found)
        table = Table(*HEAD, title=f"{self.title}: {self.measure}")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        console.print(self.noise(found), highlight=False)
        if not FAST:
            self.keep(found, rows)

    def floor(self, found: dict[str, list[float]]) -> float:
        """Returns by how much two runs of the control differ on average."""
        runs = np.array(found[self.control])
        apart = np.abs(runs[:, None] - runs)[np.triu_indices(len(runs), 1)]
        return float(apart.mean()) if apart.size else math.nan

    def noise(self, found: dict[str, list[float]]) -> str:
        """Says how large the noise floor is."""
        runs = len(found[self.control])
        if runs == 1:
            return "One run of each says nothing about noise."
        return (
            f"Noise floor: two of {runs} runs of {self.control}, which only a seed "
            f"parts, differ by {self.floor(found):.{self.digits}f} on average."
        )

    def rows(self, found: dict[str, list[float]]) -> list[list[str]]:
        """Writes a row for each variant: its runs, and its pairs with the control."""
        control = np.array(found[self.control])
        return [
            self._row(name, np.array(runs), control, self.floor(found))
            for name, runs in found.items()
        ]

    def _row(self, name, runs, control, floor):
        def said(number):
            return f"{number:.{self.digits}f}"

        row = [name, said(runs.mean()), "", f"{said(runs.min())}–{said(runs.max())}"]
        count, differences = len(runs), runs - control
        if count > 1:
            row[2] = said(runs.std(ddof=1))
        if count == 1 or name == self.control:
            return [*row, "", ""]
        mean, error = differences.mean(), differences.std(ddof=1) / count**0.5
        apart = f"{mean:+.{self.digits}f} ± {said(error)}"
        return [*row, apart, f"{abs(mean) / floor:.1f}"]

    def keep(self, found, rows):
        """Writes the record: the table, every run, where and when."""
        ruled = [HEAD, ["---", *["--:"] * (len(HEAD) - 1)], *rows]
        runs = [["seed", *found], ["--:"] * (len(found) + 1)]
        count = len(found[self.control])
        for seed in range(count):
            values = (f"{one[seed]:.{self.digits + 1}f}" for one in found.values())
            runs.append([str(seed), *values])
        parts = [
            f"# {self.title}",
            self.note,
            f"In the table: {self.measure}. Behind ± is the standard error of the "
            f"mean of {count} paired differences.",
            _grid(ruled),
            self.noise(found),
            _grid(runs),
            circumstances(),
        ]
        RECORDS.mkdir(exist_ok=True)
        text = "\n\n".join(parts) + "\n"
        (RECORDS / f"{self.name}.md").write_text(text, encoding="utf-8")


def _grid(rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def circumstances():
    """Says when, with what and on what machine."""
    packages = f"Keras {keras.__version__} on {keras.backend.backend()}"
    python = f"Python {platform.python_version()}"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"{today}, {python}, {packages}, {_processor()}, {os.cpu_count()} cores."


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [
        line.split(":")[1].strip() for line in lines if line.startswith("model name")
    ]
    return names[0] if names else platform.processor()
