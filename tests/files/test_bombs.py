"""What is small on the disk and large in memory or time is refused at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from yardstick import WATCHDOG

from .artifacts import small_members
from .bombs import CASES

# Bars of the project: five seconds where a yardstick takes 40 ms.
YARDSTICKS, MIB = 125, 256


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, dict]:
    """Opens every bomb in a process of its own; returns what it took."""
    folder = tmp_path_factory.mktemp("bombs")
    members, paths = small_members(folder), {}
    for at, (name, (case, _)) in enumerate(CASES.items()):
        (folder / str(at)).mkdir()
        paths[name] = str(case(folder / str(at), members))
    paths["good"] = str(folder / "good.keras")
    (folder / "paths.json").write_text(json.dumps(paths))
    program = [sys.executable, Path(__file__).with_name("watch.py"), folder, "apart"]
    done = subprocess.run(
        program, capture_output=True, text=True, timeout=WATCHDOG, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(map(json.loads, done.stdout.splitlines()))


def test_a_good_file_opens_in_such_a_process(outcomes):
    assert outcomes["good"]["opened"] == "small"


@pytest.mark.parametrize("name", CASES)
def test_a_bomb_is_refused_before_it_goes_off(name, outcomes):
    outcome = outcomes[name]
    assert outcome["error"] == "ValueError", outcome
    assert CASES[name][1] in outcome["message"]
    assert outcome["yardsticks"] <= YARDSTICKS
    assert outcome["mib"] <= MIB
