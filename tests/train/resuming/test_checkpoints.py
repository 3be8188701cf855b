"""A checkpoint is whole and known by its hashes, or not there."""

import errno
import json
import os
import resource
import shutil
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from forked import fork

from keras_residual.common import files
from keras_residual.train import DivergedError, SaveError
from keras_residual.train.resuming import checkpoints as module
from keras_residual.train.resuming.checkpoints import (
    FILES,
    MANIFEST,
    Checkpoints,
    Snapshot,
    read,
)

LARGE = 2**24
KILLS = 40
NOBODY = 65534


def snapshot(step=4, size=40, **more):
    weights = {"kernel": np.arange(size, dtype="f4"), "scale": np.float32(step)}
    training = {"optimizer/iteration": np.int64(step), "seeds/a": np.zeros(2, "u4")}
    return Snapshot(step, weights, training, {"epoch": step}, **more)


def save(folder, *steps, **more):
    found = Checkpoints(folder)
    for step in steps:
        found.save(snapshot(step), versions={"keras": "3"}, **more)
    return found


def names(found):
    return [place.name for place in found.places()]


def test_what_is_saved_is_what_is_read(tmp_path):
    found = save(tmp_path / "c", 4).latest(LARGE)
    ours = snapshot(4)
    assert found.damaged == ()
    assert found.snapshot.state == ours.state
    for part in ("weights", "training"):
        theirs = getattr(found.snapshot, part)
        for name, array in getattr(ours, part).items():
            assert theirs[name].dtype == array.dtype
            np.testing.assert_array_equal(theirs[name], array, strict=True)


def test_the_newest_is_by_number_and_two_are_kept_with_the_best(tmp_path):
    found = save(tmp_path / "c", 2, 10, 100, best="00000002")
    assert names(found) == ["00000100", "00000010", "00000002"]
    found.save(snapshot(10**9), versions={})
    assert names(found) == ["1000000000", "00000100"]
    found.save(snapshot(10**9, validated=False), versions={})
    assert names(found) == ["1000000000", "1000000000-unvalidated"]


def test_files_and_folders_reach_the_disk_before_the_name_does(tmp_path, monkeypatch):
    done = []
    rename, fsync = os.rename, os.fsync

    def synced(handle):
        done.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    def renamed(old, new):
        done.append(f"rename {Path(new).name}")
        rename(old, new)

    save(tmp_path / "c", 1, 2)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    save(tmp_path / "c", 3)
    at = done.index("rename 00000003")
    assert {*FILES, MANIFEST, "00000003"} <= set(done[:at])
    assert done[at + 1 :] == ["c", "rename 00000001"]  # the old one goes last


def test_a_kill_at_any_moment_leaves_a_whole_checkpoint(tmp_path):
    chance = np.random.default_rng(0)
    folder = tmp_path / "c"
    first = save(folder, 1)
    seen = 1
    for _ in range(KILLS):
        child = fork()
        if not child:
            try:
                step = seen
                while True:
                    step += 1
                    first.save(snapshot(step, 2**18), versions={})
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.001, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = Checkpoints(folder).latest(LARGE)
        assert found.damaged == ()
        assert found.snapshot.step >= seen
        seen = found.snapshot.step
        files.sweep(folder)
        assert not list(folder.glob(files.PARTIAL + "*"))
    assert seen > 1


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_every_damage_is_found_and_the_older_one_used(tmp_path, name):
    found = save(tmp_path / "c", 1, 2)
    place = found.places()[0]
    whole = (place / name).read_bytes()
    chance = np.random.default_rng(0)
    for number in range(300):
        data = bytearray(whole)
        if number % 6:
            bit = int(chance.integers(8 * len(data)))
            data[bit // 8] ^= 1 << bit % 8
        else:
            del data[int(chance.integers(len(data))) :]
        (place / name).write_bytes(data)
        with pytest.raises((ValueError, RecursionError)):
            read(place, LARGE)
    older = found.latest(LARGE)
    assert older.snapshot.step == 1
    assert place.name in older.damaged[0]
    (place / name).unlink()
    assert found.latest(LARGE).snapshot.step == 1


def test_a_file_of_another_step_or_too_large_is_not_believed(tmp_path):
    found = save(tmp_path / "c", 1, 2)
    newest = found.places()[0]
    shutil.copytree(newest, newest.parent / "00000009")
    assert "is of step 2" in found.latest(LARGE).damaged[0]
    assert found.latest(100).snapshot is None  # no file is read beyond its limit


def test_an_array_of_an_unknown_kind_is_refused(tmp_path):
    place = save(tmp_path / "c", 1).places()[0]
    data = b'{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}'
    (place / FILES[0]).write_bytes(len(data).to_bytes(8, "little") + data + bytes(8))
    manifest = json.loads((place / MANIFEST).read_text())
    manifest["files"][FILES[0]] = module._described(place / FILES[0])
    (place / MANIFEST).write_text(module._sealed(manifest))
    with pytest.raises(ValueError, match="C64"):
        read(place, LARGE)


@pytest.mark.parametrize("part", ["kernel", "optimizer/m"])
def test_nothing_that_is_no_number_is_saved(tmp_path, part):
    spoilt = snapshot(3)
    arrays = spoilt.weights if part == "kernel" else spoilt.training
    arrays[part] = np.array([1.0, np.inf], "f4")
    with pytest.raises(DivergedError, match=part):
        save(tmp_path / "c", 1).save(spoilt, versions={})
    assert names(Checkpoints(tmp_path / "c")) == ["00000001"]


def refused(found, size=40):
    """Returns the error of a save that cannot work; what was there stays whole."""
    with pytest.raises(SaveError) as caught:
        found.save(snapshot(9, size), versions={})
    return str(caught.value)


def test_a_file_that_may_not_grow_loses_nothing(tmp_path):
    found = save(tmp_path / "c", 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        said = refused(found, 2**16)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "room for it" in said
    assert found.latest(LARGE).snapshot.step == 1
    left = [path.name for path in (tmp_path / "c").iterdir()]
    assert left == names(found)  # nothing half-written


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_loses_nothing(tmp_path, monkeypatch, number):
    found = save(tmp_path / "c", 1)

    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module, "write", fail)
    assert os.strerror(number) in refused(found)
    assert found.latest(LARGE).snapshot.step == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone becomes somebody else")
@pytest.mark.parametrize("first", [False, True], ids=["the next one", "the first one"])
def test_who_may_not_write_there_loses_nothing(first):
    with tempfile.TemporaryDirectory() as name:  # where everybody may read
        Path(name).chmod(0o755)
        found = Checkpoints(Path(name) / "c") if first else save(Path(name) / "c", 1)
        before = sorted(Path(name).rglob("*"))
        child = fork()
        if not child:
            said = ""
            try:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
                said = refused(found)
            finally:
                os._exit(0 if "Permission denied" in said else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert sorted(Path(name).rglob("*")) == before
        assert first or found.latest(LARGE).snapshot.step == 1


def test_a_full_disk_is_seen_before_it_is_written_to(tmp_path, monkeypatch):
    found = save(tmp_path / "c", 1)
    full = os.statvfs_result((4096, 4096, 9, 1, 1, 9, 9, 9, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    monkeypatch.setattr(module, "write", lambda *given: pytest.fail("written"))
    assert "bytes are free" in refused(found, 2**16)


def test_a_run_folder_that_is_gone_is_not_made_again(tmp_path):
    found = save(tmp_path / "run", 1)
    gone = Checkpoints(tmp_path / "gone" / "c")
    assert "gone" in refused(gone)
    assert not (tmp_path / "gone").exists()
    assert names(found) == ["00000001"]
