"""A file that something happened to is refused, or has the right weights."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from yardstick import WATCHDOG

from .artifacts import small_model

FILES = {"good.keras": 1000, "good.h5": 100, "good.weights.h5": 100}


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="zip, JSON and HDF5 are read without the backend; one is enough",
)
@pytest.mark.parametrize("name", FILES)
def test_damaged_files(tmp_path, name):
    """In a process beside this one: a crash of HDF5 would take it along."""
    model, path = small_model(), tmp_path / name
    (model.save_weights if ".weights" in name else model.save)(path)
    script = Path(__file__).with_name("mutate.py")
    program = [sys.executable, script, tmp_path, name, FILES[name]]
    done = subprocess.run(
        [*map(str, program)],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["refused"] + counts["opened"] == FILES[name]
    assert counts["refused"] > FILES[name] / 3
    assert counts["wrong"] == []
