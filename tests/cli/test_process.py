"""What only a process of its own can show."""

import os
import signal
import subprocess
import sys
import time

import keras
from small_data import make_arrays
from yardstick import WATCHDOG

from keras_residual.train.run_folder import RunFolder

PROGRAM = [sys.executable, "-m", "keras_residual.cli.main"]


# What is asked of no network: help, lists, files that are not there, wrong words.
AT_ONCE = """
--help
--version
-h
rules
explain KR101
explain KR999
models
forms
forms blocks.basic
forms nosuch
check {model} --select KR9
check {model} --intended KR9=*
measure {model} --columns nosuch
measure {model} --data nowhere
inspect {model} --columns nosuch
inspect {model} --data {model}
draw {model} --out picture.jpg
export {model} --format onx
rewire {model}
fuse {model} --out model.h5
predict nowhere a.png
train --data nowhere
train --epochs 0
train --data digits --task words
train --model resnet9
train --resume
compare --depths 8,deep
compare --depths 9
"""
OPENING = ("check", "measure", "inspect", "draw", "export", "fuse", "prune")
RUN_EACH = """
import sys
from keras_residual.cli.main import app, main
heavy = {"keras", "tensorflow", "jax", "torch", "plotly", "matplotlib", "pandas"}
helps = [f"{one.callback.__name__} -h" for one in app.registered_commands]
for words in [*sys.argv[1:], *helps]:
    sys.argv = ["keras-residual", *words.split()]
    try:
        main()
    except SystemExit as ended:
        assert ended.code in (0, None, 2), words
    assert not heavy & set(sys.modules), (words, heavy & set(sys.modules))
"""


def test_what_needs_no_network_answers_without_importing_keras(tmp_path):
    model = tmp_path / "model.keras"
    model.write_bytes(b"PK")
    asked = AT_ONCE.format(model=model).strip().splitlines()
    asked += [f"{command} nowhere.keras" for command in OPENING]
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, *asked],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert done.stderr.count("nowhere.keras: there is no such file") == len(OPENING)


def test_a_command_says_nothing_but_its_own(tmp_path):
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Dense(4, kernel_initializer="zeros")(x))
    model.save(tmp_path / "model.keras")
    words = ["check", "model.keras", "--select", "KR101"]
    plain = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [*PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=plain,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing found\n", "")


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
