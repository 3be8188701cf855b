"""Every example runs, and with it the claims that it asserts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from yardstick import WATCHDOG

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.name)
def test_example_runs(script, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        check=False,
        cwd=tmp_path,  # what it writes, it writes where it is started
        env={**os.environ, "FAST": "1"},
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip(), "an example shows something"
