"""No file runs code, reaches outside itself, or is answered without a remedy."""

import functools
import json
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from yardstick import WATCHDOG

from . import hostile_archives, hostile_configs, hostile_weights, other_files
from .artifacts import Members, small_members, with_config, write

FILES = hostile_archives.CASES | hostile_weights.CASES | other_files.CASES
# What stands in `compile_config` is not read at all: the model opens without it.
COMPILED = {
    "optimizer": hostile_configs.OBJECTS["CVE-2025-1550 a module"],
    "loss": hostile_configs.OBJECTS["CVE-2024-3660 bare lambda"],
    "metrics": [hostile_configs.OBJECTS["CVE-2025-8747 get_file"]],
}
CANARY = """
from pathlib import Path
def touch(*_): Path("canary").touch()
class Run:
    def __init__(self, *_, **__): touch()
touch()
"""
TRUTH = {"FolderError", "MissingFileError", "RefusedError", "UnreadableError"}


def make_configs(folder: Path, members: Members) -> dict[str, Path]:
    paths = {}
    for at, (name, item) in enumerate(hostile_configs.OBJECTS.items()):
        for place in hostile_configs.PLACES:
            change = functools.partial(place, item)
            path = folder / f"{place.__name__}{at}.keras"
            paths[f"{name}, {place.__name__}"] = write(
                path, with_config(members, change)
            )
    return paths


def make_files(folder: Path, members: Members) -> dict[str, Path]:
    paths = {}
    for at, (name, (case, _)) in enumerate(FILES.items()):
        own = folder / str(at)
        own.mkdir()
        write(own / "good.keras", members)
        paths[name] = case(own, members)
    return paths


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, dict]:
    """Opens every file in one process beside this one; returns what happened."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "canary_module.py").write_text(CANARY)
    members = small_members(folder)
    paths = make_configs(folder, members) | make_files(folder, members)
    compiled = with_config(members, lambda c: c.update(compile_config=COMPILED))
    paths["compiled"] = write(folder / "compiled.keras", compiled)
    paths["good"] = folder / "good.keras"
    make_bait(folder / "bait.keras")
    listed = json.dumps({name: str(path) for name, path in paths.items()})
    (folder / "paths.json").write_text(listed)
    program = [sys.executable, Path(__file__).with_name("watch.py"), folder, "together"]
    done = subprocess.run(
        program, capture_output=True, text=True, timeout=WATCHDOG, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = dict(map(json.loads, done.stdout.splitlines()))
    return {**found, "canary": (folder / "canary").exists(), "folder": folder}


def make_bait(path: Path) -> None:
    inputs = keras.Input((2,))
    outputs = keras.layers.Lambda(lambda x: x, output_shape=(2,))(inputs)
    keras.Model(inputs, outputs).save(path)


HOSTILE = [
    *(
        f"{n}, {p.__name__}"
        for n in hostile_configs.OBJECTS
        for p in hostile_configs.PLACES
    ),
    *FILES,
]


def test_there_are_enough_of_them():
    assert len(hostile_configs.OBJECTS) + len(FILES) >= 100


def test_the_watch_sees_code_that_runs(outcomes):
    assert any("marshal.loads" in event for event in outcomes["bait"]["events"])


def test_a_good_file_opens_unseen(outcomes):
    assert outcomes["good"]["opened"] == "small"
    assert outcomes["good"]["events"] == []


def test_how_a_stranger_compiled_a_model_is_not_read(outcomes):
    assert outcomes["compiled"]["opened"] == "small"
    assert outcomes["compiled"]["events"] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_runs_nothing(name, outcomes):
    outcome = outcomes[name]
    assert outcome["events"] == []
    assert outcome["error"] in TRUTH, outcome


@pytest.mark.parametrize("name", HOSTILE)
def test_the_answer_has_four_parts(name, outcomes):
    where, given, needed, remedy = outcomes[name]["message"].split("\n")
    assert where.startswith("Model file ")
    assert given.startswith("  given  ")
    assert needed.endswith(".")
    assert remedy.startswith("Write:   ")
    assert (given + needed + remedy).isprintable()


@pytest.mark.parametrize("name", FILES)
def test_the_answer_names_what_it_is(name, outcomes):
    message = outcomes[name]["message"]
    assert FILES[name][1] in message
    if outcomes[name]["error"] != "MissingFileError":
        assert "no such file" not in message
        assert "file not found" not in message.lower()


def test_nothing_was_written(outcomes):
    assert outcomes["canary"] is False
    assert not list(outcomes["folder"].rglob("*escaped*"))
    assert not list(outcomes["folder"].parent.glob("*escaped*"))
