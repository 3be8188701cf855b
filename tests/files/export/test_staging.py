"""What is written becomes visible whole, on the disk, or not at all."""

import os
from contextlib import ExitStack

import pytest

from keras_residual.files.export.exporting import staged


def test_what_appears_meanwhile_is_not_written_over(tmp_path):
    target = tmp_path / "model.onnx"
    with ExitStack() as stack:
        made = stack.enter_context(staged(target))
        made.write_text("ours")
        target.write_text("theirs")
        with pytest.raises(ValueError, match="exists"):
            stack.close()
    assert target.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_what_was_moved_goes_with_a_move_that_fails(tmp_path):
    folder = tmp_path / "model.z"
    folder.mkdir()
    with ExitStack() as stack:
        made = stack.enter_context(staged(tmp_path / "model.xml"))
        for suffix in (".bin", ".xml", ".z"):
            made.with_suffix(suffix).write_text("ours")
        with pytest.raises(IsADirectoryError):
            stack.close()
    assert list(tmp_path.iterdir()) == [folder]


def test_each_file_is_on_the_disk(tmp_path, monkeypatch):
    flushed, fsync = set(), os.fsync

    def noted(handle):
        flushed.add(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    with staged(tmp_path / "model") as made:
        (made / "variables").mkdir(parents=True)
        (made / "variables" / "all").write_text("ours")
    kept = [tmp_path, *tmp_path.rglob("*")]
    assert [path.name for path in kept[1:]] == ["model", "variables", "all"]
    assert flushed == {path.stat().st_ino for path in kept}
