"""A file that something happened to is refused, or has the right weights."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from yardstick import WATCHDOG

from .artifacts import small_model

FILES = 1000


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="zip, JSON and HDF5 are read without the backend; one is enough",
)
@pytest.mark.parametrize("name", ["good.keras", "good.h5", "good.weights.h5"])
def test_a_thousand_damaged_files(tmp_path, name):
    """In a process beside this one: a crash of HDF5 would take it along."""
    model, path = small_model(), tmp_path / name
    (model.save_weights if ".weights" in name else model.save)(path)
    script = Path(__file__).with_name("mutate.py")
    program = [sys.executable, script, tmp_path, name, FILES]
    done = subprocess.run(
        [*map(str, program)],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["refused"] + counts["opened"] == FILES
    assert counts["refused"] > FILES / 3
    assert counts["wrong"] == []
