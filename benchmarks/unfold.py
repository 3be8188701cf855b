"""Opens every backbone of keras-hub, and says what is found in it and what is not.

    python benchmarks/unfold.py                        # half an hour on two cores
    python benchmarks/unfold.py --quick                # a smoke test; nothing is kept
    python benchmarks/unfold.py --only LlamaBackbone   # one of them; nothing is kept

Every class of `keras_hub.models` that is a backbone, two layers deep or nearly so, its
weights drawn at random. "opened" counts the layers that `kr.unfold` opened, "units"
what `kr.find_residuals` finds then; "expected" is counted in keras-hub's source, and a
question mark stands where the source leaves it open. "difference" is the largest
between the answers of both models on one batch, as a part of the largest answer;
"lost" counts the weights that the opened model does not hold. The bar: each is read
in full, or the reason is said, and none is wrong: as many units as expected where
nothing is left closed, a difference of at most 1e-6, no weight lost. A backend has a
process of its own; the seconds are those of `kr.unfold`, with its proof.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.machine import machine
from harness.page import grid, page

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from hub.backbones import BACKBONES, CHOSEN
from hub.case import Case

BACKENDS = ("tensorflow", "jax", "torch")
RECORD = Path(__file__).parent / "records" / "unfold.md"
BAR = 1e-6
HEAD = (
    *("backbone", "opened", "units", "expected", "difference", "lost", "seconds", ""),
    "left closed, and why",
)


@dataclass(frozen=True)
class Row:
    """What came of one backbone.

    Attributes:
        name: Its class.
        opened: How many layers were opened.
        units: How many residual units were found.
        expected: How many there are; None where the source leaves it open.
        difference: Between the answers, as a part of the largest.
        lost: How many weights the opened model does not hold.
        seconds: Of `unfold`.
        closed: Why layers were left closed, by their path.
        refused: Why nothing came of it.
        broken: Why keras-hub itself cannot run it.
    """

    name: str
    opened: int = 0
    units: int = 0
    expected: int | None = None
    difference: float = 0.0
    lost: int = 0
    seconds: float = 0.0
    closed: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    broken: str = ""

    @property
    def verdict(self) -> str:
        """Whether it was read, and whether that is true."""
        if self.broken:
            return "broken"
        if self.refused:
            return "closed"
        more = self.expected is not None and self.units > self.expected
        fewer = self.expected is not None and self.units < self.expected
        if self.lost or self.difference > BAR or more or (fewer and not self.closed):
            return "WRONG"
        return "in part" if self.closed else "read"

    @property
    def reasons(self) -> str:
        """Why something was not read, each reason once, with one of its places."""
        places: dict[str, list[str]] = {}
        for path, reason in self.closed.items():
            places.setdefault(reason, []).append(path)
        told = [
            f"`{paths[0]}`{f' and {len(paths) - 1} more' if paths[1:] else ''}: {why}"
            for why, paths in places.items()
        ]
        return "; ".join([*told, *filter(None, (self.refused, self.broken))])


def read(case: Case) -> Row:
    """Builds one backbone and opens it; whatever goes wrong is in the row."""
    import keras

    if reason := dict(case.broken).get(keras.config.backend()):
        return Row(case.name, expected=case.units, broken=reason)
    try:
        return _read(case)
    except Exception as reason:  # the table has a line for each
        said = " ".join(f"{type(reason).__name__}: {reason}".split())
        return Row(case.name, expected=case.units, refused=said[:300])


def _read(case: Case) -> Row:
    import keras_residual as kr

    model, inputs = case.build(), case.inputs()
    began = perf_counter()
    unfolded = kr.unfold(model, inputs)
    seconds = perf_counter() - began
    held = {id(weight) for weight in unfolded.model.weights}
    return Row(
        case.name,
        opened=len(unfolded.opened),
        units=len(kr.find_residuals(unfolded.model)),
        expected=case.units,
        difference=difference(model, unfolded.model, inputs),
        lost=sum(id(weight) not in held for weight in model.weights),
        seconds=seconds,
        closed=dict(unfolded.closed),
    )


def difference(one: Any, other: Any, inputs: Any) -> float:
    """Returns the largest difference of two models' answers, over the largest answer.

    Args:
        one: A model.
        other: Another.
        inputs: What both are called on.
    """
    import keras
    import numpy as np

    worst = 0.0
    answers = [
        keras.tree.flatten(model(inputs, training=False)) for model in (one, other)
    ]
    for first, second in zip(*answers, strict=True):
        a, b = (
            np.asarray(keras.ops.convert_to_numpy(v), "f8") for v in (first, second)
        )
        if a.size:
            worst = max(worst, np.abs(a - b).max() / max(np.abs(a).max(), 1e-30))
    return float(worst)


def cells(row: Row) -> list[str]:
    """Writes a row as text, in the order of `HEAD`."""
    expected = "?" if row.expected is None else str(row.expected)
    if row.refused or row.broken:
        counts = ["", "", expected, "", "", ""]
    else:
        numbers = (f"{row.difference:.1g}", str(row.lost), f"{row.seconds:.1f}")
        counts = [str(row.opened), str(row.units), expected, *numbers]
    return [row.name, *counts, row.verdict, row.reasons.replace("|", "\\|")]


def table(backend: str, rows: Sequence[Row]) -> str:
    """Sets the rows of one backend under their sums.

    Args:
        backend: What computed.
        rows: One for each backbone.
    """
    rule = ["---", *["--:"] * 6, "---", "---"]
    counts = {
        word: sum(row.verdict == word for row in rows)
        for word in ("read", "in part", "closed", "broken", "WRONG")
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    units = sum(row.units for row in rows)
    sums = f"Of {len(rows)}: {told}. {units} units were found."
    return f"## {backend}\n\n{sums}\n\n{grid([HEAD, rule, *map(cells, rows)])}"


def child(backend: str, names: Sequence[str]) -> list[Row]:
    """Reads backbones in a fresh process, and tells of each on the way.

    Args:
        backend: What Keras computes with.
        names: The classes.
    """
    import subprocess

    command = [sys.executable, __file__, "--child", "--only", *names]
    threads = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    rows = []
    with subprocess.Popen(
        command, env=threads, stdout=subprocess.PIPE, text=True
    ) as run:
        for line in run.stdout or ():
            rows.append(Row(**json.loads(line)))
            print(f"{backend}: {' '.join(cells(rows[-1]))}", file=sys.stderr)
    if run.returncode:
        sys.exit(run.returncode)
    return rows


def parse() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smoke test")
    parser.add_argument("--only", nargs="+", choices=BACKBONES, help="some of them")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS)
    parser.add_argument("--child", action="store_true", help="used by the script")
    options = parser.parse_args()
    if not find_spec("keras_hub"):
        parser.error("keras-hub is not installed:  pip install keras-hub")
    usual = [os.environ.get("KERAS_BACKEND", BACKENDS[0])]
    options.backends = options.backends or (usual if options.quick else list(BACKENDS))
    some = list(CHOSEN)[:2] if options.quick else list(BACKBONES)
    options.names = options.only or some
    return options


def main() -> int:
    options = parse()
    if options.child:
        for name in options.names:
            print(json.dumps(asdict(read(BACKBONES[name]))), flush=True)
        return 0
    about = machine(["keras_residual", "keras", "keras_hub", *options.backends])
    found = {backend: child(backend, options.names) for backend in options.backends}
    tables = "\n\n".join(table(backend, rows) for backend, rows in found.items())
    print(tables)
    if not options.quick and not options.only:
        note = (__doc__ or "").split("\n\n")[2]
        text = page("Every backbone of keras-hub, opened", note, tables, about)
        RECORD.write_text(text, encoding="utf-8")
        print(f"Written: {RECORD}")
    wrong = any(row.verdict == "WRONG" for rows in found.values() for row in rows)
    return int(wrong and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
