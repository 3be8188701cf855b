import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_data import make_table

from keras_residual.train.distributed.sharing import Share
from keras_residual.train.pipeline import Steps

ONE_STEP, EIGHT_STEPS = 1e-6, 1e-5


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data = make_table(tmp_path_factory.mktemp("spread") / "table.csv")
    script = Path(__file__).with_name("spread.py")
    done = subprocess.run(
        [sys.executable, script, data],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("what", ["one step", "one uneven step", "one example"])
def test_a_step_on_two_devices_is_that_of_one(found, what):
    assert found[what] <= ONE_STEP


def test_so_are_eight_with_an_uneven_last_batch_and_dropout(found):
    assert found["eight steps"] <= EIGHT_STEPS


def test_both_devices_hold_the_same_bits(found):
    assert found["copies"] == [[2], True]


def test_a_batch_norm_sees_all_rows_of_a_batch(found):
    assert max(found["statistics"]) < 1e-6


def test_a_layer_is_divided_among_devices(found):
    laid_out = found["laid out"]
    assert laid_out["held"] == [6, 8]  # of 16 columns
    assert laid_out["apart"] <= EIGHT_STEPS
    assert laid_out["answers"] == [5, 3]


def test_a_run_writes_what_it_writes_on_one_device(found):
    runs = found["runs"]
    assert runs["files"]["two"] == runs["files"]["one"]
    one, two = (runs["rows"][name][0] for name in ("one", "two"))
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
        assert two[name] == pytest.approx(one[name], abs=EIGHT_STEPS), name


def test_it_goes_on_with_another_number_of_devices(found):
    rows = found["runs"]["rows"]
    one, two = rows["stopped one"], rows["stopped two"]
    assert [row["epoch"] for row in two] == [1, 2, 3, 4]
    for name in ("loss", "val_loss"):
        assert two[1][name] == pytest.approx(one[1][name], abs=EIGHT_STEPS)


def test_devices_that_are_not_there_are_named(found):
    for devices, said in found["refused"].items():
        assert said.splitlines()[0] == "Devices: so many are not there."
        assert devices in said
        assert 'devices="all"' in said


class Pictures:
    shape = (6, 6, 1)
    labels = np.arange(29) % 3

    def batch(self, numbers):
        random = np.random.default_rng(0).integers(0, 256, (29, *self.shape))
        return random.astype("uint8")[numbers]


@pytest.mark.parametrize("hosts", [1, 2, 3, 5])
def test_hosts_read_every_example_once_and_as_one_host_would(hosts):
    how = {"batch_size": 8, "epochs": 2, "seed": 3, "how": "flip-crop"}
    whole = Steps(Pictures(), **how)
    devices = 2 * hosts
    parts = [
        Steps(Pictures(), share=Share(devices, 2 * k, 2 * k + 2), **how)
        for k in range(hosts)
    ]
    for step in range(len(whole)):
        found = [part[step] for part in parts]
        width = {one[-1].shape for one in found}
        assert len(width) == 1, "all drop the same rows"
        drop = width.pop()[1]
        for mine, theirs in zip(whole[step], zip(*found, strict=True), strict=False):
            together = np.concatenate(theirs)
            assert len(together) % devices == 0
            np.testing.assert_array_equal(together[: len(together) - drop], mine)
