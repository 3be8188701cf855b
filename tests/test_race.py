"""The race runs, ranks by what was measured, and says who could not run."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from yardstick import WATCHDOG

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MODULES = ("groups", "job", "rounds", "scoreboard", "results", "worker")


@pytest.fixture
def harness(monkeypatch):
    """Makes the benchmarks importable, as they are when one is run as a script."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    found = {name: import_module(f"harness.{name}") for name in MODULES}
    racers, script = import_module("peers.racers"), import_module("race")
    return SimpleNamespace(**found, racers=racers, script=script)


@pytest.fixture
def job(harness):
    return harness.job.Job(depth=20, batch=2, side=32, trains=True)


def ran(harness, racer, *turns, group="group 1"):
    start = harness.worker.Start(build=1.0, first_step=1.0)
    end = harness.worker.End(peak=5.0, parameters=10, logits=np.ones(2))
    rounds = [[seconds] for seconds in turns]
    return harness.groups.Ran(
        racer, harness.rounds.Run(racer.label, start, rounds, end), group
    )


def racer(harness, form, **given):
    return harness.racers.Racer(form, "torch", "peers.race_torch", **given)


def test_it_races_and_keeps_a_record(tmp_path):
    backend = keras.config.backend()
    script = [sys.executable, str(BENCHMARKS / "race.py"), "--quick"]
    # Fused networks and those of torchvision race in the second; it is slow to compile.
    jobs = ["train20", "infer50"] if backend == "torch" else ["train20"]
    done = subprocess.run(
        [*script, "--jobs", *jobs, "--backends", backend, "--out", str(tmp_path)],
        check=False,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((tmp_path / "race.json").read_text(encoding="utf-8"))
    assert all(min(map(min, row["rounds"])) > 0 for row in record["rows"])
    ran = {row["form"] for row in record["rows"]}
    out = {one["form"].partition(" (")[0] for one in record["out"]}
    peers = {
        "jax": {"Flax"},
        "torch": {
            "ours, fused",
            "PyTorch by hand, contiguous",
            "torchvision, contiguous",
        },
    }
    expected = {"ours"} | peers.get(backend, set())
    assert (ran | out) >= expected
    assert not [one for one in record["out"] if "not installed" not in one["why"]]
    page = (tmp_path / "race.md").read_text(encoding="utf-8")
    assert f"| training step, resnet20, 4 × 32² | ours | {backend} |" in page
    assert f"keras {keras.__version__}" in page


def test_the_share_is_of_the_limit_in_the_same_group(harness, job):
    limit, ours = harness.racers.limit(), racer(harness, "ours")
    peer = racer(harness, "timm")
    work = 2 * import_module("peers.limit").multiply_adds(job)
    found = harness.results.results(
        job,
        [
            ran(harness, limit, 1.0),
            ran(harness, ours, 6.0),
            ran(harness, limit, 2.0, group="group 2"),
            ran(harness, peer, 12.0, group="group 2"),
        ],
        {"resnet": work // 2},  # three passes: three limits' worth
    )
    assert [row.share for row in found] == pytest.approx([1.0, 0.5, 1.0, 0.5])
    assert [row.ratio for row in found] == [None, 1.0, None, 0.5]
    assert found[1].flops == pytest.approx(3 * work / 6)


def test_the_final_stands_above_the_groups(harness, job):
    ours, peer = racer(harness, "ours"), racer(harness, "timm")
    board = harness.scoreboard.Board({})
    final = harness.groups.FINAL
    found = [
        ran(harness, ours, 5.0),
        ran(harness, peer, 4.0),
        ran(harness, ours, 2.0, group=final),
        ran(harness, peer, 3.0, group=final),
    ]
    board.enter(job, found, [], {"resnet": 1})
    assert [(row.form, row.step) for row in board.rows] == [("ours", 2.0), ("timm", 3)]
    assert [row.ratio for row in board.rows] == pytest.approx([1, 2 / 3])
    assert len(board.results) == 4
    assert board.verdicts[0].ratio == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("ours", "word"),
    [((0.9, 0.9, 0.9), "ahead"), ((1.1, 1.1, 1.1), "behind"), ((0.9, 1, 1.1), "level")],
)
def test_a_verdict_wants_most_of_the_rounds(harness, job, ours, word):
    found = [
        ran(harness, racer(harness, "ours"), *ours),
        ran(harness, racer(harness, "timm"), 1.0, 1.0, 1.0),
        ran(harness, racer(harness, "torchvision"), 7.0, 7.0, 7.0),
    ]
    verdict = harness.results.verdict(job, found)
    assert (verdict.word, verdict.peer) == (word, "timm (torch)")
    assert harness.results.verdict(job, found[1:]) is None


def test_the_best_of_both_sides_meet_in_the_final(harness):
    names = ["ours", "ours, fused", "timm", "Flax", "torchvision"]
    found = [
        ran(harness, racer(harness, name), seconds)
        for name, seconds in zip(names, [3.0, 9.0, 5.0, 4.0, 6.0], strict=True)
    ]
    found.append(ran(harness, harness.racers.limit(), 1.0))
    last = harness.groups.finalists(found, each=2)
    assert [one.form for one in last] == ["ours", "ours, fused", "Flax", "timm"]


def test_who_is_not_installed_is_listed(harness, job):
    here, needs = keras.config.backend(), ("no_such_library",)
    away = harness.racers.Racer("timm", here, "peers.race_torch", needs)
    rules = harness.groups.Rules(rounds=1, steps=1)
    done, out = harness.groups.race(job, rules, [away], print)
    assert not done
    assert [one.why for one in out] == ["no_such_library not installed"]
    assert harness.groups.ticks(rules, [away]) == 0


def test_a_form_that_fails_ends_its_process_and_says_why(harness, job):
    with pytest.raises(ModuleNotFoundError) as caught:
        harness.worker.Worker("timm", "torch", job, 1, makers="peers.nobody")
    assert harness.groups.why(caught.value).startswith(
        "ModuleNotFoundError: No module named 'peers.nobody'"
    )


def test_every_form_of_a_job_has_a_maker_and_its_own_name(harness):
    for job, _ in harness.script.JOBS.values():
        entered = harness.racers.racers(job, harness.script.BACKENDS)
        assert len({one.label for one in entered}) == len(entered)
        for one in entered:
            assert callable(import_module(one.makers).maker)
        assert {one.backend for one in entered if one.ours} == {
            *harness.script.BACKENDS
        }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--device", "gpu"], "nvidia-smi lists no GPU"),
        (["--dtype", "bfloat16"], "on the processor all race in float32"),
        (["--quick", "--jobs", "train50"], "--quick has no train50"),
    ],
)
def test_what_cannot_be_raced_is_refused(
    harness, monkeypatch, capsys, tmp_path, options, said
):
    monkeypatch.setenv("PATH", str(tmp_path))  # no nvidia-smi in it
    backend = keras.config.backend()
    with pytest.raises(SystemExit):
        harness.script.main([*options, "--backends", backend])
    assert said in " ".join(capsys.readouterr().err.split())
