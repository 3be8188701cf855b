"""Files are opened once, and only where they are files; what is not whole is hidden."""

import os
import tempfile
from pathlib import Path

import pytest

from keras_residual.common.files import (
    PARTIAL,
    append,
    open_regular,
    read_regular,
    replacing,
    staging,
    sweep,
)


def open_handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to("a")
    assert read_regular(tmp_path / "b", largest=3) == b"abc"


def test_what_is_longer_than_its_kind_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"abcd")
    with pytest.raises(ValueError, match="more than 3 bytes"):
        read_regular(tmp_path / "a", largest=3)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_and_not_waited_for(make, tmp_path):
    make(tmp_path / "a")
    with pytest.raises(OSError, match=r"a pipe|a folder"):
        open_regular(tmp_path / "a")


def test_a_pipe_that_takes_a_files_place_after_the_first_look(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"abc")
    os.mkfifo(tmp_path / "pipe")
    file, before = (tmp_path / "file").stat(), open_handles()
    monkeypatch.setattr(os, "stat", lambda path: file)
    with pytest.raises(OSError, match="a pipe"):
        open_regular(tmp_path / "pipe")
    assert open_handles() == before


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_link_that_was_planted_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("kept")
    (tmp_path / f"{PARTIAL}a.txt").symlink_to("precious")
    with replacing(tmp_path / "a.txt") as partial:
        partial.write_text("new")
    assert (tmp_path / "precious").read_text() == "kept"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_link_in_the_files_own_place_is_replaced(tmp_path):
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "a.txt").symlink_to("precious")
    with replacing(tmp_path / "a.txt") as partial:
        partial.write_text("new")
    assert (tmp_path / "precious").read_text() == "kept"


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    with replacing(tmp_path / "a") as one, replacing(tmp_path / "a") as other:
        one.write_text("one")
        other.write_text("other")
        assert one.read_text() == "one"
    assert (tmp_path / "a").read_text() == "one"
    assert names(tmp_path) == ["a"]


def test_nobody_else_may_enter_where_a_file_becomes_whole(tmp_path):
    with staging(tmp_path) as place:
        assert place.stat().st_mode & 0o077 == 0


def test_what_is_written_has_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    with replacing(tmp_path / "a") as partial:
        partial.touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_sweep_spares_the_living_and_takes_what_the_dead_left(tmp_path):
    left = tmp_path / f"{PARTIAL}dead"
    left.mkdir()
    (left / "model.keras").write_text("half")
    with replacing(tmp_path / "a") as partial:
        partial.write_text("new")
        sweep(tmp_path)
        assert not left.exists()
        assert partial.exists()
    assert (tmp_path / "a").read_text() == "new"


def test_who_was_swept_before_it_could_lock_begins_anew(tmp_path, monkeypatch):
    made, make = [], tempfile.mkdtemp

    def swept_once(**where):
        made.append(make(**where))
        if len(made) == 1:
            sweep(tmp_path)
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_once)
    with replacing(tmp_path / "a") as partial:
        partial.write_text("new")
    assert len(made) == 2
    assert names(tmp_path) == ["a"]


def test_a_sweep_takes_what_is_empty_and_follows_no_link(tmp_path):
    (tmp_path / f"{PARTIAL}dead").mkdir()
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "a").touch()
    (tmp_path / f"{PARTIAL}link").symlink_to("precious")
    sweep(tmp_path)
    assert (tmp_path / "precious" / "a").exists()
    assert names(tmp_path) == ["precious"]


def test_nothing_is_appended_behind_a_link(tmp_path):
    (tmp_path / "precious").touch()
    (tmp_path / "log").symlink_to("precious")
    with pytest.raises(OSError, match="log"):
        append(tmp_path / "log", "more")
    append(tmp_path / "new", "one\n")
    append(tmp_path / "new", "two\n")
    assert (tmp_path / "new").read_text() == "one\ntwo\n"
