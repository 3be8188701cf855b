import csv
import math
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from layouts import runs_first
from small_data import make_arrays

from keras_residual.train import InputError, Recipe, fit, resume
from keras_residual.train.callbacks import ShowProgress
from keras_residual.train.data import load
from keras_residual.train.network import make_network
from keras_residual.train.run_folder import COLUMNS, RunFolder
from keras_residual.train.training import settle


def small(path, **options):
    return Recipe(data=str(path), **{"epochs": 3, "batch_size": 14, **options})


def same(one, other, but=("seconds",)):
    """Says whether two histories are equal, apart from the clock."""
    drop = set(but)
    return [{k: v for k, v in row.items() if k not in drop} for row in one] == [
        {k: v for k, v in row.items() if k not in drop} for row in other
    ]


def test_a_run_folder_holds_what_is_promised(finished):
    names = {path.name for path in finished.folder.iterdir()}
    assert names == {
        "recipe.json",
        "history.csv",
        "model.keras",
        "best.weights.h5",
        "report.html",
        "checkpoints",
    }
    with (finished.folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert all(math.isfinite(float(value)) for row in rows for value in row.values())


def test_the_saved_network_opens_with_keras_alone_and_takes_raw_pictures(finished):
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype("uint8")
    np.save(finished.folder.parent / "raw.npy", pictures)
    code = (
        "import sys, keras, numpy as np\n"
        "model = keras.saving.load_model(sys.argv[1])\n"
        "assert not any('residual' in name for name in sys.modules)\n"
        "np.save(sys.argv[2] + '/out.npy', model.predict_on_batch("
        "np.load(sys.argv[2] + '/raw.npy')))\n"
    )
    place = finished.folder.parent
    model = finished.folder / "model.keras"
    subprocess.run([sys.executable, "-c", code, model, place], check=True)
    ours = keras.saving.load_model(model).predict_on_batch(pictures)
    assert np.allclose(np.load(place / "out.npy"), ours, atol=1e-5)


def test_the_best_weights_fit_the_saved_network(finished):
    model = keras.saving.load_model(finished.folder / "model.keras")
    model.load_weights(finished.folder / "best.weights.h5")


def test_a_network_learns_and_the_last_row_is_what_the_saved_file_does(tmp_path):
    path = make_arrays(tmp_path / "a.npz", count=96)
    recipe = small(path, epochs=8, batch_size=24, validation=0.25, learning_rate=0.05)
    run = fit(recipe, tmp_path / "run")
    assert run.accuracy >= 0.9
    dataset = load(recipe)
    model = keras.saving.load_model(run.folder / "model.keras")
    named = np.asarray(model.predict_on_batch(dataset.test.values)).argmax(1)
    assert (named == dataset.test.labels).mean() == pytest.approx(run.accuracy)


@pytest.mark.parametrize(
    ("shape", "model"),
    [((6,), "tabular_resnet"), ((16, 2), "resnet8"), ((8, 8, 8, 1), "resnet8")],
)
def test_tables_sequences_and_volumes_train_too(tmp_path, shape, model):
    path = make_arrays(tmp_path / "a.npz", shape)
    run = fit(small(path, epochs=1), tmp_path / "run")
    assert (run.recipe.model, run.recipe.augment) == (model, "none")


@pytest.fixture
def stop_in_second_epoch(monkeypatch):
    """Makes training stop as by Ctrl-C, after its first epoch."""
    original = ShowProgress.on_epoch_begin

    def stop(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(ShowProgress, "on_epoch_begin", stop)
    yield
    monkeypatch.undo()


def test_a_stopped_run_goes_on_as_if_it_had_not_been(
    tmp_path, monkeypatch, stop_in_second_epoch
):
    recipe = small(make_arrays(tmp_path / "a.npz"))
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, tmp_path / "stopped")
    monkeypatch.undo()
    whole = fit(recipe, tmp_path / "whole")
    again = resume(tmp_path / "stopped")
    for ours, theirs in zip(again.rows, whole.rows, strict=True):
        for name in set(COLUMNS) - {"seconds"}:
            assert ours[name] == pytest.approx(theirs[name], rel=1e-4), name


def test_rows_ahead_of_the_saved_network_are_made_anew(
    tmp_path, monkeypatch, stop_in_second_epoch
):
    recipe = small(make_arrays(tmp_path / "a.npz", (6,)), epochs=2)
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, tmp_path / "run")
    monkeypatch.undo()
    folder = RunFolder(tmp_path / "run")
    rows = folder.read_history()
    folder.write_history([*rows, rows[0] | {"epoch": 2.0, "val_accuracy": 9.0}])
    assert [row["epoch"] for row in resume(folder.path).rows] == [1.0, 2.0]
    assert max(row["val_accuracy"] for row in folder.read_history()) <= 1.0


def test_a_finished_run_only_gets_its_report_again(finished, tmp_path):
    copy = shutil.copytree(finished.folder, tmp_path / "copy")
    (copy / "report.html").unlink()
    before = (copy / "model.keras").read_bytes()
    assert same(resume(copy).rows, finished.rows)
    assert (copy / "model.keras").read_bytes() == before
    assert (copy / "report.html").exists()


def test_data_that_has_changed_is_refused(tmp_path):
    path = make_arrays(tmp_path / "a.npz", (6,))
    fit(small(path, epochs=1), tmp_path / "run")
    make_arrays(path, (6,), count=51)
    with pytest.raises(InputError, match="the data has changed"):
        resume(tmp_path / "run")


@pytest.fixture
def earlier(finished, tmp_path):
    """A run as versions before left it, without checkpoints."""
    left_out = shutil.ignore_patterns("checkpoints")
    return shutil.copytree(finished.folder, tmp_path / "copy", ignore=left_out)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", None])
def test_a_damaged_network_is_called_damaged(earlier, content):
    copy = earlier
    whole = (copy / "model.keras").read_bytes()
    broken = whole[: len(whole) // 2] if content is None else content
    (copy / "model.keras").write_bytes(broken)
    with pytest.raises(InputError, match="network cannot be loaded"):
        resume(copy)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch,loss\n1,0.5\n", "accuracy"),
        (",".join(COLUMNS) + "\n1,x,1,1,1,1,1\n", "'x'"),
        (",".join(COLUMNS) + "\n", "0 rows, model.keras after 2 epochs"),
    ],
)
def test_a_damaged_history_is_called_damaged(earlier, text, said):
    copy = earlier
    (copy / "history.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        resume(copy)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_files(
    tmp_path, monkeypatch
):
    recipe = small(make_arrays(tmp_path / "a.npz", (6,)), epochs=3)
    original = ShowProgress.on_epoch_begin

    def spoil(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch == 1:  # what an overflow does to a weight
            weight = self.model.trainable_weights[-1]
            weight.assign(np.full(weight.shape, np.inf, "float32"))

    monkeypatch.setattr(ShowProgress, "on_epoch_begin", spoil)
    with pytest.raises(FloatingPointError, match=r"epoch 2, step 1 of 3 \(step 4 of"):
        fit(recipe, tmp_path / "run")
    saved = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert all(np.isfinite(value).all() for value in saved.get_weights())
    assert len(RunFolder(tmp_path / "run").read_history()) == 1


def test_a_learning_rate_that_is_absurd_stops_the_run_within_its_first_steps(tmp_path):
    recipe = small(make_arrays(tmp_path / "a.npz", (6,)), learning_rate=1e30)
    with pytest.raises(FloatingPointError) as caught:
        fit(recipe, tmp_path / "run")
    step = re.search(r"step (\d+) of the run", str(caught.value))
    assert step
    assert int(step[1]) <= 3
    assert not (tmp_path / "run" / "model.keras").exists()


def test_only_kernels_are_decayed(tmp_path):
    recipe = small(make_arrays(tmp_path / "a.npz"))
    dataset = load(recipe)
    network = make_network(settle(recipe, dataset), dataset)
    decayed = {
        weight.path: network.optimizer._use_weight_decay(weight)
        for weight in network.trainable_weights
    }
    assert {path.rsplit("/")[-1] for path, yes in decayed.items() if yes} == {"kernel"}
    kept = {path.rsplit("/")[-1] for path, yes in decayed.items() if not yes}
    assert kept == {"gamma", "beta", "bias"}


def test_nothing_is_written_where_the_input_is_refused(tmp_path):
    with pytest.raises(InputError):
        fit(Recipe(data=str(tmp_path / "none.npz")), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "resnet21"}, "model=.*resnet20"),
        ({"augment": "flip-crop"}, "only pictures"),
        ({"model": "resnet8"}, "examples of shape .6,."),
        ({"parts": {"shortcut": "nonsense"}}, "nonsense"),
    ],
)
def test_what_does_not_fit_the_data_is_refused(tmp_path, options, said):
    recipe = replace(small(make_arrays(tmp_path / "a.npz", (6,))), **options)
    with pytest.raises(InputError, match=said):
        fit(recipe, tmp_path / "run")


def test_a_network_that_answers_for_each_place_is_refused(tmp_path):
    data = make_arrays(tmp_path / "a.npz", (16, 16, 1))
    with pytest.raises(InputError, match="for each place"):
        fit(replace(small(data), model="unet"), tmp_path / "run")


def test_two_runs_of_one_recipe_are_the_same_run(tmp_path):
    recipe = small(make_arrays(tmp_path / "a.npz"), epochs=1)
    one, two = (fit(recipe, tmp_path / name) for name in ("one", "two"))
    assert same(one.rows, two.rows)
    weights = [
        keras.saving.load_model(run.folder / "model.keras").get_weights()
        for run in (one, two)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


@pytest.mark.parametrize("shape", [(8, 6, 2), (8, 2)])
def test_the_layout_is_kerass_and_the_data_keeps_its_own(tmp_path, shape):
    recipe = small(make_arrays(tmp_path / "x.npz", shape=shape))
    dataset = load(recipe)
    recipe = settle(recipe, dataset)
    last = make_network(recipe, dataset)
    keras.config.set_image_data_format("channels_first")
    if not runs_first(f"Conv{len(shape) - 1}D"):
        with pytest.raises(InputError, match='"image_data_format": "channels_last"'):
            fit(recipe, tmp_path / "run")
        assert not (tmp_path / "run").exists()
        return
    first = make_network(recipe, dataset)
    first.set_weights(last.get_weights())
    x = dataset.train.batch(np.arange(5))
    found, expected = first.predict_on_batch(x), last.predict_on_batch(x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
