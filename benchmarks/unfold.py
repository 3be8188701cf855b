"""Opens every backbone of keras-hub, and says what is found in it and what is not.

    python benchmarks/unfold.py                        # hours, on two cores
    python benchmarks/unfold.py --quick                # a smoke test; nothing is kept
    python benchmarks/unfold.py --only LlamaBackbone   # one of them
    python benchmarks/unfold.py --lacking              # what the record has not
    python benchmarks/unfold.py --unread               # what it has not read in full

Every class of `keras_hub.models` that is a backbone, two layers deep or nearly so, its
weights drawn at random. "opened" counts the layers that `kr.unfold` opened, "units"
what `kr.find_residuals` finds then; "expected" is counted in keras-hub's source, and a
question mark stands where the source leaves it open. "difference" is the largest
between the answers of both models on one batch, as a part of the largest answer;
"lost" counts the weights that the opened model does not hold. The bar: each is read
in full, or the reason is said, and none is wrong: as many units as expected where
nothing is left closed, a difference of at most 1e-6, no weight lost. Each has a
process of its own; the seconds are those of `kr.unfold`, with its proof, and "on" is
the day. A row goes into the record as soon as it is known.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.child import environment
from harness.machine import machine
from harness.opened import Record, Row

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from hub.backbones import BACKBONES, CHOSEN
from hub.case import Case

BACKENDS = ("tensorflow", "jax", "torch")
RECORD = Path(__file__).parent / "records" / "unfold.md"
PATIENCE = 1800  # seconds for one of them


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


def child(backend: str, name: str) -> Row:
    """Reads one backbone in a fresh process.

    Args:
        backend: What Keras computes with.
        name: The class.
    """
    command = [sys.executable, __file__, "--child", "--only", name]
    try:
        run = subprocess.run(
            command,
            check=False,
            env=environment(backend),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        said = f"it was not opened in {PATIENCE // 60} minutes"
        return Row(name, expected=BACKBONES[name].units, refused=said)
    if run.returncode:
        said = f"its process ended with {run.returncode}"
        return Row(name, expected=BACKBONES[name].units, refused=said)
    return Row(**json.loads(run.stdout.splitlines()[-1]))


def parse() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smoke test")
    parser.add_argument("--only", nargs="+", choices=BACKBONES, help="some of them")
    parser.add_argument("--lacking", action="store_true", help="what is not known")
    parser.add_argument("--unread", action="store_true", help="what is not read")
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


def today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def wanted(options: Namespace, known: Row | None) -> bool:
    """Says whether a backbone is to be read now.

    Args:
        options: What was asked for.
        known: What the record has of it.
    """
    if not options.lacking and not options.unread:
        return True
    if known is None:
        return True
    return options.unread and known.verdict not in ("read", "broken")


def main() -> int:
    options = parse()
    if options.child:
        print(json.dumps(asdict(read(BACKBONES[options.names[0]]))), flush=True)
        return 0
    record = Record(None if options.quick else RECORD, list(BACKBONES))
    note = (__doc__ or "").split("\n\n")[2]
    wrong = False
    for backend in options.backends:
        about = machine(["keras_residual", "keras", "keras_hub", backend])
        for name in options.names:
            if not wanted(options, record.row(backend, name)):
                continue
            row = replace(child(backend, name), date=today())
            wrong |= row.verdict == "WRONG"
            print(f"{backend}: {' '.join(row.cells)}", file=sys.stderr)
            record.add(backend, row, about)
            record.write("Every backbone of keras-hub, opened", note)
    print(record.table(options.backends))
    return int(wrong and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
