"""A number that is none ends a run within a step, and no file ever holds it."""

import re
import sys

import h5py
import keras
import numpy as np
import pytest
from killed import LARGE, at, go_on, recipe_for
from small_data import make_arrays

from keras_residual.cli.main import main
from keras_residual.train import DivergedError, pipeline
from keras_residual.train.resuming.checkpoints import Checkpoints, read
from keras_residual.train.resuming.saving import SaveRun
from keras_residual.train.resuming.variables import sync

pytestmark = pytest.mark.usefixtures("in_small")
NAMED = re.compile(
    r"(kernel|bias|gamma|beta|scale|moving_mean|moving_variance)\S* is not finite"
)
PER_EPOCH = 3


def must_be_finite(run):
    """Looks at all that a run has left; returns the step of its newest checkpoint."""
    found = Checkpoints(run / "checkpoints")
    for place in found.places():
        snapshot = read(place, LARGE)
        for arrays in (snapshot.weights, snapshot.training):
            for name, array in arrays.items():
                assert np.isfinite(array.astype("f8")).all(), name
    if (run / "model.keras").exists():
        model = keras.saving.load_model(run / "model.keras")
        assert all(np.isfinite(array).all() for array in model.get_weights())
    if (run / "best.weights.h5").exists():
        with h5py.File(run / "best.weights.h5") as file:
            file.visititems(
                lambda _, one: (
                    (not isinstance(one, h5py.Dataset) or np.isfinite(one[()]).all())
                    or pytest.fail(one.name)
                )
            )
    newest = found.latest(LARGE).snapshot
    return newest.step if newest else 0


def step_of(message):
    """Returns the step that a message names."""
    found = re.search(r"step (\d+) of the run", message)
    assert found, message
    return int(found[1])


def spoil_data(monkeypatch, step):
    """Lets the batch of a step, counted from 1, hold a NaN."""
    original = pipeline.Steps.__getitem__

    def batch(self, index):
        values, *rest = original(self, index)
        if self.seed is not None and index == step - 1:
            values = values.astype("f4")
            values[0] = np.nan
        return (values, *rest)

    monkeypatch.setattr(pipeline.Steps, "__getitem__", batch)


def spoil_weight(monkeypatch, step, *, saved):
    """Makes a weight NaN once a step is taken, before it is saved or after."""
    model = []
    begin = SaveRun.on_train_begin

    def begun(self, logs=None):
        model.append(self.model)
        begin(self, logs)

    def spoil():
        sync(model[0])
        weight = model[0].trainable_weights[0]
        weight.assign(np.full(weight.shape, np.nan))

    monkeypatch.setattr(SaveRun, "on_train_begin", begun)
    at(monkeypatch, "on_train_batch_end", step, spoil, first=not saved)


@pytest.mark.parametrize("step", [2, 4])
def test_a_batch_that_is_no_number_ends_the_run(tmp_path, monkeypatch, step):
    spoil_data(monkeypatch, step)
    with pytest.raises(DivergedError, match="the loss is nan") as caught:
        go_on(tmp_path / "run", recipe_for(tmp_path, checkpoint_every=1))
    assert step_of(str(caught.value)) == step
    assert NAMED.search(str(caught.value))
    assert must_be_finite(tmp_path / "run") == step - 1
    monkeypatch.undo()
    go_on(tmp_path / "run", None)  # the data is mended, and nothing was lost
    assert must_be_finite(tmp_path / "run") == 2 * PER_EPOCH


@pytest.mark.parametrize("saved", [False, True])
def test_a_weight_that_is_no_number_ends_the_run_a_step_later(
    tmp_path, monkeypatch, saved
):
    spoil_weight(monkeypatch, 2, saved=saved)
    with pytest.raises(DivergedError) as caught:
        go_on(tmp_path / "run", recipe_for(tmp_path, checkpoint_every=1))
    assert step_of(str(caught.value)) == 2 + saved
    assert NAMED.search(str(caught.value))
    assert must_be_finite(tmp_path / "run") == 1 + saved


@pytest.mark.parametrize("rate", ["1e5", "1e15"])
def test_moving_statistics_that_are_infinite_are_never_saved(
    tmp_path, monkeypatch, capsys, rate
):
    data, out = make_arrays(tmp_path / "a.npz", (6,)), tmp_path / "run"
    words = ["--data", data, "--epochs", "4", "--batch-size", "14", "--out", out]
    words += ["--checkpoint-every", "1", "--learning-rate", rate]
    monkeypatch.setattr(sys, "argv", ["keras-residual", "train", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    step = must_be_finite(out)
    assert ended.value.code == 2
    assert "its numbers are not finite" in said
    assert NAMED.search(said)
    assert step_of(said) - step <= 1
