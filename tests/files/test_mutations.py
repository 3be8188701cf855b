"""A file that something happened to is refused, or has the right weights."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from yardstick import WATCHDOG

from .artifacts import small_model

FILES = ("good.keras", "compiled.keras", "good.h5", "good.weights.h5")
COUNT = 1000


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="zip, JSON and HDF5 are read without the backend; one is enough",
)
@pytest.mark.parametrize("name", FILES)
def test_damaged_files(tmp_path, name):
    """In a process beside this one: a crash of HDF5 would take it along."""
    model, path = small_model(), tmp_path / name
    if name.startswith("compiled"):
        model.compile("adam", "mse", metrics=["mae"])
        model.train_on_batch(np.ones((2, 4)), np.zeros((2, 4)))
    (model.save_weights if ".weights" in name else model.save)(path)
    script = Path(__file__).with_name("mutate.py")
    program = [sys.executable, script, tmp_path, name, COUNT]
    done = subprocess.run(
        [*map(str, program)],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["refused"] + counts["opened"] == COUNT
    assert counts["refused"] > COUNT / 3
    assert counts["wrong"] == []
