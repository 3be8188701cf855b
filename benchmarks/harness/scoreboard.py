"""A race as a table to look at and as files to keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.table import Table

from harness.groups import FINAL, Out, Ran
from harness.job import Job
from harness.page import grid, page
from harness.results import Result, Verdict, results, verdict

TITLE = "The race"
HEAD = ["job", "form", "backend", "ms", "quartiles", "best of ours / this"]
HEAD += ["GFLOP/s", "of the limit", "peak MiB", "final"]
WORDS = 3
"""Columns of words come first; the others hold numbers."""

NOTE = """\
The same ResNets by everybody, on {device} in {dtype}. A training step is
`train_on_batch` in Keras and a plain loop elsewhere, with SGD and momentum; inference
is `predict_on_batch`, or one call. "Ours" are models of `kr.models`, which are plain
Keras: as they are, accelerated, fused, and written as ONNX by the backend that is
named. They and all others have the same number of weights and, given the same weights,
the same answers, which is checked here. Only `keras.applications` is another network:
it strides in the 1×1, which multiplies less, and its convolutions have biases.

Times are medians; the forms of a group take turns. "best of ours / this" divides the
fastest median of ours by this one's: below 1 ours is faster. The fastest met again in a
final; their rows are from it, and the verdict is from its rounds, one by one. The limit
is the fastest of ResNet's four 3×3 convolutions, many pictures, by PyTorch. Shares
are of what it did in the same group; a training step counts as three forward passes.
Peak memory is what a fresh process takes of the machine's on top of its imports."""


@dataclass
class Board:
    """What was found.

    Attributes:
        about: Where and with what.
        results: Every form in every group and final.
        out: By job, who did not run.
        verdicts: One a job, where both sides ran.
    """

    about: dict[str, str]
    results: list[Result] = field(default_factory=list)
    out: list[tuple[str, Out]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def enter(
        self, job: Job, ran: list[Ran], out: list[Out], costs: dict[str, int]
    ) -> None:
        """Adds what a race of one job came to.

        Args:
            job: What was timed.
            ran: Who ran, group by group.
            out: Who did not.
            costs: Multiply-adds of a forward pass, by network.
        """
        self.results += results(job, ran, costs)
        self.out += [(job.name, one) for one in out]
        if found := verdict(job, ran):
            self.verdicts.append(found)

    @property
    def rows(self) -> list[Result]:
        """One row a form, fastest first: of the final, if it was in it."""
        kept = {(one.job, one.form, one.backend): one for one in self.results}
        jobs = list(dict.fromkeys(one.job for one in self.results))
        return sorted(kept.values(), key=lambda one: (jobs.index(one.job), one.step))

    def lines(self) -> Iterator[str]:
        """Yields the verdicts, then who did not run and why."""
        yield from map(str, self.verdicts)
        for job, one in self.out:
            yield f"{job}: {one.racer.label} could not run: {one.why}"


def cells(row: Result) -> list[str]:
    """Writes a row as text, in the order of `HEAD`."""
    low, high = (1e3 * second for second in row.quartiles)
    return [
        *(row.job, row.form, row.backend),
        *(f"{1e3 * row.step:.1f}", f"{low:.1f}–{high:.1f}"),
        "" if row.ratio is None else f"{row.ratio:.3f}",
        f"{row.flops / 1e9:.0f}",
        "" if row.share is None else f"{row.share:.0%}",
        f"{row.peak:.0f}",
        "yes" if row.group == FINAL else "",
    ]


def table(board: Board) -> Table:
    """Sets the rows for a terminal; a line between jobs."""
    made = Table(title=TITLE)
    for index, title in enumerate(HEAD):
        made.add_column(title, justify="left" if index < WORDS else "right")
    rows = board.rows
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        ends = following is None or following.job != row.job
        style = "bold" if row.ours else None
        made.add_row(*cells(row), end_section=ends, style=style)
    return made


def write(folder: Path, device: str, dtype: str, board: Board) -> None:
    """Writes `race.md` to read and `race.json` with every single time.

    Args:
        folder: Where.
        device: Where all of it ran; what ran on a GPU has files of its own.
        dtype: What was computed in.
        board: What was found.
    """
    name = "race" if device == "cpu" else f"race_gpu_{dtype}"
    folder.mkdir(parents=True, exist_ok=True)
    rules = ["---" if index < WORDS else "--:" for index in range(len(HEAD))]
    shown = grid([HEAD, rules, *map(cells, board.rows)])
    lines = "\n".join(f"- {line}" for line in board.lines())
    where = {"cpu": "the processor", "gpu": "a GPU"}[device]
    note = NOTE.format(device=where, dtype=dtype)
    text = page(TITLE, note, f"{lines}\n\n{shown}", board.about)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    data = {
        "machine": board.about,
        "verdicts": [asdict(one) | {"word": one.word} for one in board.verdicts],
        "rows": [asdict(row) for row in board.results],
        "out": [
            {"job": job, "form": one.racer.label, "why": one.why}
            for job, one in board.out
        ],
    }
    kept = json.dumps(data, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(kept + "\n", encoding="utf-8")
