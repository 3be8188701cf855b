"""A file that something happened to is refused, or has the right weights."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from yardstick import WATCHDOG

from .artifacts import small_members

FILES = 1000


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="zip, JSON and HDF5 are read without the backend; one is enough",
)
def test_a_thousand_damaged_files(tmp_path):
    """In a process beside this one: a crash of HDF5 would take it along."""
    small_members(tmp_path)
    program = [sys.executable, Path(__file__).with_name("mutate.py"), tmp_path, FILES]
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
    assert counts["refused"] > FILES / 2
    assert counts["wrong"] == []
