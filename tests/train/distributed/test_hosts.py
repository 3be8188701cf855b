"""Two processes on this machine that train one network; each is JAX's own."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from small_data import make_table
from yardstick import WATCHDOG

from keras_residual.train.distributed.agreeing import together
from keras_residual.train.distributed.hosts import PeerError, Place, place_of
from keras_residual.train.mistake import InputError
from keras_residual.train.run_folder import RunFolder

EPOCHS = 200  # never reached


def begin(place, *words):
    """Starts the command in each of two processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "keras_residual.cli.main", "train", *words]
    command += ["--backend", "jax", "--out", str(place / "run")]
    processes = []
    for number in range(2):
        hosts = ["--hosts", address, "--process", f"{number}/2"]
        with (place / f"output{number}").open("w") as output:
            processes.append(
                subprocess.Popen([*command, *hosts], stdout=output, stderr=output)
            )
    return processes


def ends(processes, place):
    """Waits until all have ended; a deadlock would be the watchdog's."""
    deadline = time.monotonic() + WATCHDOG
    codes = [one.wait(max(1, deadline - time.monotonic())) for one in processes]
    return codes, [(place / f"output{k}").read_text() for k in range(len(codes))]


def after(epochs, place):
    """Waits until the run has so many epochs."""
    folder, deadline = RunFolder(place / "run"), time.monotonic() + WATCHDOG
    while time.monotonic() < deadline and (
        not folder.recipe.exists() or len(folder.read_history()) < epochs
    ):
        time.sleep(0.02)
    return folder


def test_two_hosts_train_lose_one_go_on_and_stop_together(tmp_path):
    data = make_table(tmp_path / "table.csv")
    words = ["--data", str(data), "--epochs", str(EPOCHS), "--batch-size", "32"]
    processes = begin(tmp_path, *words)
    folder = after(2, tmp_path)
    os.kill(processes[1].pid, signal.SIGKILL)
    (first, second), said = ends(processes, tmp_path)
    assert second == -signal.SIGKILL
    assert first not in (0, None)
    assert "step failed on process 0 of 2" in said[0] or "task died" in said[0], said
    done = len(folder.read_history())
    assert 2 <= done < EPOCHS

    processes = begin(tmp_path, "--resume")
    after(done + 1, tmp_path)
    os.kill(processes[1].pid, signal.SIGTERM)
    codes, said = ends(processes, tmp_path)
    assert codes == [143, 143], said
    assert "Go on with:" in said[0]
    rows = folder.read_history()
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert done < len(rows) < EPOCHS
    assert folder.model.exists()


@pytest.mark.parametrize(
    ("hosts", "process"),
    [
        ("here:1", None),
        (None, "0/2"),
        ("here", "0/2"),
        ("here:0", "0/2"),
        ("here:99999", "0/2"),
        ("here:1", "2/2"),
        ("here:1", "-1/2"),
        ("here:1", "0/0"),
    ],
)
def test_what_names_no_process_is_refused(hosts, process):
    with pytest.raises(InputError, match="which process this is"):
        place_of(hosts, process)


def test_a_process_is_named():
    assert place_of(None, None) is None
    assert place_of("10.0.0.1:1234", "1/3") == Place("10.0.0.1:1234", 1, 3)
    assert place_of("[::1]:1234", "0/1") == Place("[::1]:1234", 0, 1)


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (lambda mine: b"", "process 1 could not begin"),
        (lambda mine: b"another", "were not told the same"),
    ],
)
def test_all_begin_or_none(monkeypatch, others, message):
    from keras_residual.train.distributed import agreeing

    def all_say(mine):
        return [list(one.ljust(32, b"\0")) for one in (mine, others(mine))]

    monkeypatch.setattr(agreeing, "hosts", lambda: 2)
    monkeypatch.setattr(agreeing, "_all_say", all_say)
    with pytest.raises(PeerError, match=message), together("begin") as said:
        said.append("one recipe")


def test_they_begin_where_all_say_the_same(monkeypatch):
    from keras_residual.train.distributed import agreeing

    monkeypatch.setattr(agreeing, "hosts", lambda: 2)
    monkeypatch.setattr(agreeing, "_all_say", lambda mine: [list(mine)] * 2)
    with together("begin") as said:
        said.append("one recipe")
