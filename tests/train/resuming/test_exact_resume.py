"""A run that was stopped ends as if it had not been, to the last bit."""

import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from killed import KilledError, alike, at, go_on, kill, same, tell
from small_data import make_pictures

from keras_residual.train import InputError, Recipe, fit, resume
from keras_residual.train.resuming import by_recipe
from keras_residual.train.resuming.checkpoints import Checkpoints

pytestmark = pytest.mark.usefixtures("in_small")


@pytest.mark.parametrize(
    "kills",
    [
        [("on_train_batch_end", 3, False), ("on_train_batch_end", 1, True)],
        [("on_train_batch_end", 2, False), ("on_epoch_end", 1, True)],
        [("on_epoch_end", 1, False), ("on_test_batch_end", 1, False)],
    ],
    ids=["twice in an epoch", "before the epoch is saved", "boundary, validation"],
)
def test_wherever_it_was_killed_it_ends_the_same(whole, tmp_path, monkeypatch, kills):
    for hook, count, first in kills:
        with monkeypatch.context() as patched:
            at(patched, hook, count, kill, first=first)
            with pytest.raises(KilledError):
                go_on(tmp_path / "run", whole[1])
    go_on(tmp_path / "run", whole[1])
    same(tmp_path / "run", whole[0])


@pytest.mark.parametrize(
    ("number", "code", "hook", "saved"),
    [
        (signal.SIGTERM, 143, "on_train_batch_end", "00000001"),
        (signal.SIGHUP, 129, "on_test_batch_end", "00000003-unvalidated"),
    ],
)
def test_a_signal_saves_between_two_steps(
    whole, tmp_path, monkeypatch, number, code, hook, saved
):
    before = signal.signal(number, signal.SIG_DFL)  # under nohup SIGHUP is ignored
    try:
        with monkeypatch.context() as patched:
            at(patched, hook, 1, lambda: tell(number), first=True)
            with pytest.raises(SystemExit) as ended:
                go_on(tmp_path / "run", whole[1])
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert ended.value.code == code
    assert Checkpoints(tmp_path / "run" / "checkpoints").places()[0].name == saved
    go_on(tmp_path / "run", whole[1])
    same(tmp_path / "run", whole[0])


def test_files_that_are_lost_or_damaged_are_written_anew(whole, tmp_path):
    copy = shutil.copytree(whole[0], tmp_path / "run")
    (copy / "model.keras").unlink()
    (copy / "history.csv").write_text("nonsense")
    best = (copy / "best.weights.h5").read_bytes()
    (copy / "best.weights.h5").write_bytes(best[:-9] + bytes(9))
    rows = go_on(copy, whole[1]).rows
    assert len(rows) == 2
    models = [keras.saving.load_model(f / "model.keras") for f in (copy, whole[0])]
    for one, other in zip(*(m.get_weights() for m in models), strict=True):
        np.testing.assert_array_equal(one, other)
    models[1].load_weights(whole[0] / "best.weights.h5")
    models[0].load_weights(copy / "best.weights.h5")
    for one, other in zip(*(m.get_weights() for m in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_whose_checkpoints_are_all_damaged_is_refused(whole, tmp_path):
    copy = shutil.copytree(whole[0], tmp_path / "run")
    for place in Checkpoints(copy / "checkpoints").places():
        (place / "state.json").write_text("{}")
    with pytest.raises(InputError, match="none of them is whole"):
        go_on(copy, whole[1])


def test_pictures_that_changed_places_are_other_data(tmp_path):
    pictures = make_pictures(tmp_path / "p", count=16)
    one, other = (sorted((pictures / c).iterdir())[-1] for c in ("blue", "red"))
    size = max(path.stat().st_size for path in (one, other))
    for path in (one, other):  # what is behind a picture is not read
        path.write_bytes(path.read_bytes().ljust(size, b"\0"))
    recipe = Recipe(data=str(pictures), epochs=1, batch_size=8)
    fit(recipe, tmp_path / "run")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    with pytest.raises(InputError, match="the data has changed"):
        resume(tmp_path / "run")


def test_data_that_was_moved_is_read_where_it_lies_now(whole, tmp_path, monkeypatch):
    run = shutil.copytree(whole[0], tmp_path / "run")
    moved = tmp_path / "moved.npz"
    shutil.copy(whole[1].data, moved)
    monkeypatch.setattr(by_recipe, "train", lambda job: job.recipe.data)
    for place in (moved, None):  # the recipe of the run says it from then on
        assert resume(run, data=place) == str(moved)
    moved.unlink()
    with pytest.raises(InputError, match="there is no such file or folder"):
        resume(run)


def test_a_process_that_is_told_to_end_says_how_to_go_on(whole, tmp_path):
    out = tmp_path / "run"
    code = (
        "import signal\n"
        "from keras_residual.compose.models import registry, tabular\n"
        "small = tabular.Variant(width=8, depth=1, dropout_rate=0.1)\n"
        'registry.FAMILIES["tabular_resnet"] = small\n'
        "from keras_residual.train.resuming.saving import SaveRun\n"
        "step = SaveRun.on_train_batch_end\n"
        "def told(self, batch, logs=None):\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "    step(self, batch, logs)\n"
        "SaveRun.on_train_batch_end = told\n"
        "from keras_residual.cli.main import main\n"
        "main()\n"
    )
    words = ["train", "--data", whole[1].data, "--epochs", "2", "--batch-size", "14"]
    words += ["--accumulate", "2", "--checkpoint-every", "2", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 143, done.stderr
    assert f"keras-residual train --resume --out {out}" in done.stdout
    assert "Traceback" not in done.stderr
    go_on(out, whole[1])
    alike(out, whole[0])


def test_a_model_of_ones_own_goes_on_exactly(tmp_path, monkeypatch):
    def made():
        keras.utils.clear_session()
        keras.utils.set_random_seed(3)
        layers = [keras.layers.Dense(8), keras.layers.Dropout(0.5)]
        return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(3)])

    x, y = np.random.default_rng(0).random((40, 4)), np.arange(40) % 3
    recipe = Recipe(epochs=2, batch_size=12, checkpoint_every=1)
    fit(made(), (x, y), recipe, out=tmp_path / "whole")
    with monkeypatch.context() as patched:
        at(patched, "on_train_batch_end", 2, kill)
        with pytest.raises(KilledError):
            fit(made(), (x, y), recipe, out=tmp_path / "run")
    fit(made(), (x, y), recipe, out=tmp_path / "run", resume=True)
    same(tmp_path / "run", tmp_path / "whole")
    with pytest.raises(InputError, match="data has changed"):
        fit(made(), (x + 1, y), recipe, out=tmp_path / "run", resume=True)
    with pytest.raises(InputError, match=r"fit\(model, data, .*resume=True"):
        resume(tmp_path / "run")


def test_averaged_weights_and_a_metric_of_each_class(tmp_path):
    def run():
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        layers = [keras.Input((3,)), keras.layers.Dense(2)]
        made = keras.Sequential(layers)
        metric = keras.metrics.F1Score(None, name="f1")
        averaging = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)
        made.compile(averaging, "mse", metrics=[metric])
        x, y = np.random.default_rng(0).random((48, 3)), np.eye(2)[np.arange(48) % 2]
        recipe = Recipe(epochs=1, batch_size=32)
        return made, fit(made, (x, y), recipe, out=tmp_path / "run", resume=True)

    (first, found), (again, _) = run(), run()
    assert {"f1/0", "f1/1", "val_f1/1"} <= found.rows[0].keys()
    saved = keras.saving.load_model(tmp_path / "run" / "model.keras")
    for one in (again, saved):  # a finished run is not trained again
        for mine, theirs in zip(first.get_weights(), one.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
