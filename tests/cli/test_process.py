"""What only a process of its own can show."""

import os
import signal
import subprocess
import sys
import time

import pytest
from small_data import make_arrays
from yardstick import WATCHDOG

from keras_residual.train.run_folder import RunFolder

PROGRAM = [sys.executable, "-m", "keras_residual.cli.main"]


@pytest.mark.parametrize(
    "words", [[], ["train"], ["compare"], ["predict"], ["models"], ["export"]]
)
def test_help_answers_without_importing_keras(words):
    code = (
        "import sys\n"
        f"sys.argv = ['keras-residual', *{words}, '--help']\n"
        "from keras_residual.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'plotly', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_a_mistake_is_an_exit_code_and_nothing_but_its_message():
    words = ["train", "--backend", "theano"]
    done = subprocess.run(
        [*PROGRAM, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip().splitlines()[0] == "Backend: the name is unknown."


def test_a_killed_run_goes_on_from_its_last_finished_epoch(tmp_path):
    data, out = make_arrays(tmp_path / "a.npz", count=96), tmp_path / "run"
    words = ["--data", data, "--epochs", "12", "--batch-size", "29", "--out", out]
    process = subprocess.Popen([*PROGRAM, "train", *map(str, words)])
    folder = RunFolder(out)
    deadline = time.monotonic() + WATCHDOG
    while len(folder.read_history()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = folder.read_history()
    assert 2 <= len(before) < 12, "it was not killed in the middle"
    done = subprocess.run(
        [*PROGRAM, "train", "--resume", "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    after = folder.read_history()
    assert [row["epoch"] for row in after] == list(range(1, 13))
    assert after[: len(before) - 1] == before[:-1]  # the last may have been unsaved
    assert folder.report.exists()
    assert list(out.glob(".partial-*")) == []
