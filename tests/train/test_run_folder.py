import os
import shutil
import signal
import subprocess
import sys

import pytest

from keras_residual.train import InputError, Recipe, resume
from keras_residual.train.mistake import SaveError
from keras_residual.train.run_folder import COLUMNS, RunFolder


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "run")
    made.path.mkdir()
    made.create(Recipe(), backend="tensorflow", data={"sha256": "0"})
    return made


def test_a_file_is_on_the_disk_before_it_takes_the_old_ones_place(folder, monkeypatch):
    log = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda handle: log.append("fsync") or fsync(handle)
    )
    monkeypatch.setattr(
        os, "replace", lambda *names: log.append("replace") or replace(*names)
    )
    folder.write_text(folder.report, "new")
    assert log == ["fsync", "replace", "fsync"]  # the file, the exchange, the folder


HELD = """
import os, sys, time
from keras_residual.train.run_folder import RunFolder
RunFolder(sys.argv[1]).make()
os.write(1, f"{os.fork()}\\n".encode())  # at once: two write here
time.sleep(60)
"""


def test_one_process_at_a_time_trains_in_a_folder_and_a_killed_one_holds_nothing(
    tmp_path,
):
    words = [sys.executable, "-c", HELD, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        child = max(int(process.stdout.readline()), int(process.stdout.readline()))
        with pytest.raises(InputError, match="another process trains here"):
            RunFolder(tmp_path).make()
        process.kill()
        process.wait()
        with RunFolder(tmp_path) as folder:
            folder.make()  # although a child of it lives on
        os.kill(child, signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_not_gone_on_with_by_two(finished):
    with RunFolder(finished.folder) as other:
        other.hold()
        with pytest.raises(InputError, match="another process trains here"):
            resume(finished.folder)


def write_half(folder):
    with folder.replacing(folder.report) as new:
        new.write_text("ne")
        raise OSError("disk full")


def test_a_failure_while_writing_keeps_the_old_file_and_leaves_nothing_else(folder):
    folder.write_text(folder.report, "old")
    with pytest.raises(SaveError, match="disk full"):
        write_half(folder)
    assert folder.report.read_text() == "old"
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "recipe.json",
        "report.html",
    ]


def test_what_a_killed_process_left_is_swept_away(folder):
    (folder.path / ".partial-model.keras").write_text("half")
    folder.sweep()
    assert [path.name for path in folder.path.iterdir()] == ["recipe.json"]


def test_history_is_read_as_it_was_written(folder):
    row = dict.fromkeys(COLUMNS, 0.25) | {"epoch": 1.0, "seconds": 3.5}
    folder.write_history([row, row | {"epoch": 2.0}])
    assert folder.read_history() == [row, row | {"epoch": 2.0}]
    assert folder.history.read_text().splitlines()[0] == ",".join(COLUMNS)


def test_a_folder_with_files_is_refused_and_an_empty_one_is_not(folder, tmp_path):
    with pytest.raises(InputError, match=r"kr\.train\.resume"):
        folder.refuse_existing()
    empty = tmp_path / "empty"
    empty.mkdir()
    RunFolder(empty).refuse_existing()


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"recipe": {}}'])
def test_a_damaged_recipe_is_named(folder, text):
    folder.recipe.write_text(text)
    with pytest.raises(InputError, match=r"recipe\.json"):
        folder.read_recipe()


def test_a_folder_without_a_run_is_said_to_be_one(tmp_path):
    with pytest.raises(InputError, match="there is no run here"):
        RunFolder(tmp_path).read_recipe()


def test_a_folder_that_is_removed_in_the_middle_of_a_run_is_said_to_be_gone(folder):
    shutil.rmtree(folder.path)
    with pytest.raises(InputError, match="it is gone") as caught:
        folder.write_history([dict.fromkeys(COLUMNS, 1.0)])
    assert "history.csv" in str(caught.value)
    assert not folder.path.exists()
