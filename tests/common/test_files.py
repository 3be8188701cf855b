"""Files are opened once, and only where they are files."""

import os
from pathlib import Path

import pytest

from keras_residual.common.files import open_regular, read_regular


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
