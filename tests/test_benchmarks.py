"""The benchmarks run, compare like with like, and see through a busy machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from yardstick import WATCHDOG

import keras_residual as kr

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def harness(monkeypatch):
    """Makes the benchmarks importable, as they are when one is run as a script."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import train_step
    from harness import rounds, rows

    return SimpleNamespace(rounds=rounds, rows=rows, script=train_step)


class Clocked:
    """Steps of a set length on a machine that gets slower and slower."""

    def __init__(self, seconds, machine):
        self.seconds, self.machine = seconds, machine

    def steps(self, count):
        self.machine["load"] *= 1.1
        return [self.seconds * self.machine["load"]] * count


def measured(harness, form, rounds, *, parameters=10, logits=(1.0, -2.0)):
    worker = sys.modules["harness.worker"]
    start = worker.Start(build=1.0, first_step=2.0)
    end = worker.End(peak=5.0, parameters=parameters, logits=np.array(logits))
    return harness.rounds.Run(form, start, rounds, end)


def run_quick(out):
    script = BENCHMARKS / "train_step.py"
    return subprocess.run(
        [sys.executable, str(script), "--quick", "--out", str(out)],
        check=False,
        env={**os.environ, "KERAS_BACKEND": keras.config.backend()},
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
    )


def test_the_training_step_is_timed_and_recorded(tmp_path):
    done = run_quick(tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((tmp_path / "train_step.json").read_text(encoding="utf-8"))
    rows, torch = record["rows"], keras.config.backend() == "torch"
    assert len(rows) == (4 if torch else 2)
    assert [row["ratio"] is None for row in rows] == [True] + [False] * (len(rows) - 1)
    assert {row["parameters"] for row in rows} == {75_770}
    for row in rows:
        assert min(row[key] for key in ("build", "first_step", "step", "peak")) > 0
        assert len(row["rounds"][0]) == 2
    page = (tmp_path / "train_step.md").read_text(encoding="utf-8")
    assert page.count(f"| resnet8 | {keras.config.backend()} |") == len(rows)
    assert f"keras {keras.__version__}" in page


@pytest.mark.parametrize(
    "script",
    [
        *("accelerate", "checkpoints", "fuse", "kills", "prune_depth"),
        *("residual_monitor", "soak"),
    ],
)
def test_a_benchmark_prints_its_table(script):
    backend = keras.config.backend()
    done = subprocess.run(
        [sys.executable, f"{BENCHMARKS / script}.py", "--quick", "--backends", backend],
        check=False,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert backend in done.stdout


def test_repvgg_trains_and_deploys_with_the_published_weights(harness):
    from peers.repvgg import repvgg_a0

    model = repvgg_a0(32)
    moved = sum(int(np.prod(w.shape)) for w in model.non_trainable_weights)
    assert round((model.count_params() - moved) / 1e6, 2) == 9.11
    assert round(kr.fuse(model).model.count_params() / 1e6, 2) == 8.30


def test_drift_of_the_machine_cancels(harness):
    machine = {"load": 1.0}
    forms = [Clocked(1.05, machine), Clocked(1.0, machine)]
    ours, theirs = harness.rounds.interleave(forms, rounds=8, steps=2)
    found = harness.rows.ratios(ours, theirs)
    assert np.median(found) == pytest.approx(1.05, rel=0.01)
    first, second = found[:2]  # A B, then B A: who goes first changes
    assert first < 1.05 < second


@pytest.mark.parametrize(("ours", "passed"), [(1.01, True), (1.03, False)])
def test_only_the_twin_in_keras_has_a_bar(harness, ours, passed):
    forms = sys.modules["harness.forms"]
    runs = [
        measured(harness, forms.OURS, [[ours] * 3] * 3),
        measured(harness, forms.BY_HAND, [[1.0] * 3] * 3),
        measured(harness, "PyTorch, contiguous", [[0.5] * 3] * 3),
    ]
    rows = harness.rows.rows("resnet8", "torch", runs)
    assert [row.passed for row in rows] == [None, passed, None]
    assert rows[2].ratio == pytest.approx(2 * ours)


@pytest.mark.parametrize(("ours", "code"), [(1.01, 0), (1.03, 1)])
def test_a_full_run_that_misses_the_bar_fails(
    harness, monkeypatch, tmp_path, ours, code
):
    forms = sys.modules["harness.forms"]
    runs = [
        measured(harness, forms.OURS, [[ours] * 3]),
        measured(harness, forms.BY_HAND, [[1.0] * 3]),
    ]
    found = harness.rows.rows("resnet20", "tensorflow", runs)
    monkeypatch.setattr(harness.script, "network", lambda *_: found)
    options = ["--backends", keras.config.backend(), "--out", str(tmp_path)]
    assert harness.script.main(options) == code
    assert harness.script.main([*options, "--quick"]) == 0
    assert ("FAIL" in (tmp_path / "train_step.md").read_text("utf-8")) == bool(code)


@pytest.mark.parametrize(
    "changed", [{"parameters": 11}, {"logits": (1.0, -2.001)}, {"logits": (1, np.nan)}]
)
def test_unequal_networks_are_not_compared(harness, changed):
    runs = [measured(harness, "a", []), measured(harness, "b", [], **changed)]
    with pytest.raises(RuntimeError, match="not the same network"):
        harness.rounds.demand_one_function(runs)
    harness.rounds.demand_one_function([runs[0], runs[0]])


def test_the_record_of_backbones_takes_rows_one_after_the_other(harness, tmp_path):
    from harness.opened import Record, Row

    path, names = tmp_path / "unfold.md", ["One", "Two"]
    first = Record(path, names)
    first.add("torch", Row("Two", closed={"a": "why"}, date="day 1"), {"cores": "2"})
    first.write("Title", "Note.")

    again = Record(path, names)
    assert again.row("torch", "One") is None
    assert again.row("torch", "Two").verdict == "in part"
    again.add("torch", Row("Two", units=4, expected=4, date="day 2"), {"cores": "2"})
    again.add("jax", Row("One", units=3, expected=2), {"cores": "4"})
    again.write("Title", "Note.")

    page = path.read_text(encoding="utf-8")
    assert "Of 1: 1 read, 0 in part" in page
    assert "1 WRONG. 3 units" in page
    assert "| read | day 2 |" in page
    assert "day 1" not in page
    assert "- jax: cores 4" in page
