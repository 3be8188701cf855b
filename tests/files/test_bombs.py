"""What is small on the disk and large in memory or time is refused at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from yardstick import WATCHDOG

from .artifacts import small_members
from .bombs import CASES, as_many_groups_as_may_be

# Bars of the project: five seconds where a yardstick takes 40 ms.
YARDSTICKS, MIB = 125, 256


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory) -> dict[str, dict]:
    """Opens each bomb of this run in a process of its own; returns what it took."""
    folder = tmp_path_factory.mktemp("bombs")
    members, paths = small_members(folder), {}
    asked = {
        item.callspec.params["name"]
        for item in request.session.items
        if item.path == request.path
    }
    for at, name in enumerate(name for name in CASES if name in asked):
        (folder / str(at)).mkdir()
        paths[name] = str(CASES[name][0](folder / str(at), members))
    paths["good"] = str(folder / "good.keras")
    (folder / "groups").mkdir()
    paths["groups"] = str(as_many_groups_as_may_be(folder / "groups", members))
    (folder / "paths.json").write_text(json.dumps(paths))
    program = [sys.executable, Path(__file__).with_name("watch.py"), folder, "apart"]
    done = subprocess.run(
        program, capture_output=True, text=True, timeout=WATCHDOG, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(map(json.loads, done.stdout.splitlines()))


def check_what_it_took(outcome: dict) -> None:
    assert outcome["yardsticks"] <= YARDSTICKS
    assert outcome["mib"] <= MIB


@pytest.mark.parametrize("name", ["good", "groups"])
def test_what_is_no_bomb_opens_in_such_a_process(name, outcomes):
    assert outcomes[name]["opened"] == "small"
    check_what_it_took(outcomes[name])


@pytest.mark.parametrize("name", CASES)
def test_a_bomb_is_refused_before_it_goes_off(name, outcomes):
    outcome = outcomes[name]
    assert outcome["error"] == "RefusedError", outcome
    assert CASES[name][1] in outcome["message"]
    check_what_it_took(outcome)
