"""Tasks beside classification: what is learned, saved, shown and asked for later."""

import csv
import io
import shutil

import keras
import numpy as np
import pytest
from rich.console import Console

from keras_residual.train import InputError, Recipe, fit, predict, resume
from keras_residual.train.callbacks import ShowProgress
from keras_residual.train.data import load
from keras_residual.train.report.evidence import Targets

X = np.random.default_rng(0).normal(size=(160, 3))
UNIT = 1e-13  # of the values; of the first target it is 1e25


def recipe(path, **options):
    rates = {"epochs": 12, "batch_size": 32, "learning_rate": 0.05}
    return Recipe(data=str(path), validation=0.25, **{**rates, **options})


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    path = tmp_path_factory.mktemp("values") / "a.npz"
    targets = np.stack([1e25 * (X[:, 0] + 4), X[:, 1] - X[:, 2]], axis=1)
    np.savez(path, x=(UNIT * X).astype("f4"), y=targets.astype("f4"))
    return recipe(path, task="regression")


@pytest.fixture(scope="module")
def regression(values, tmp_path_factory):
    shown = io.StringIO()
    folder = tmp_path_factory.mktemp("regression") / "run"
    return fit(values, folder, console=Console(file=shown, width=200)), shown.getvalue()


@pytest.fixture(scope="module")
def multilabel(tmp_path_factory):
    place = tmp_path_factory.mktemp("multilabel")
    holds = np.stack([X[:, 0] > 0, X[:, 1] > 0.5, X[:, 2] > -9], axis=1)
    np.savez(place / "a.npz", x=X.astype("f4"), y=holds.astype("int8"))
    return fit(recipe(place / "a.npz", task="multilabel"), place / "run")


def saved(run):
    return keras.saving.load_model(run.folder / "model.keras")


def rows(run):
    with (run.folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def test_targets_of_any_unit_are_learned_and_saved_in_that_unit(regression):
    run, _ = regression
    assert run.score > 0.5
    test = load(run.recipe).test
    answers = saved(run).predict_on_batch(test.values)
    judged = Targets(answers.astype("f8"), test.labels.astype("f8"))
    assert judged.r2.mean() == pytest.approx(run.score, abs=1e-3)
    assert judged.mae.mean() == pytest.approx(run.rows[-1]["val_mae"], rel=1e-3)
    assert (judged.r2 > 0.4).all()


def test_a_regression_has_columns_of_its_own_and_keeps_its_best_epoch(regression):
    run, shown = regression
    held_out = "val_loss,val_mae,val_r2,learning_rate,seconds"
    assert ",".join(rows(run)[0]) == f"epoch,loss,mae,r2,{held_out}"
    assert run.recipe.task == "regression"
    assert run.largest_class is None
    assert f"R² {run.score:.3f}" in shown.splitlines()[-1]
    model, test = saved(run), load(run.recipe).test
    model.load_weights(run.folder / "best.weights.h5")
    answers = model.predict_on_batch(test.values).astype("f8")
    best = max(row["val_r2"] for row in run.rows)
    assert Targets(answers, test.labels.astype("f8")).r2.mean() == pytest.approx(
        best, abs=1e-3
    )


def test_a_stopped_regression_goes_on(values, regression, tmp_path, monkeypatch):
    original = ShowProgress.on_epoch_begin

    def stop(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch == 11:
            raise KeyboardInterrupt

    monkeypatch.setattr(ShowProgress, "on_epoch_begin", stop)
    with pytest.raises(KeyboardInterrupt):
        fit(values, tmp_path / "run")
    monkeypatch.undo()
    again = resume(tmp_path / "run")
    assert saved(again).optimizer.iterations == 4 * 12
    for ours, theirs in zip(again.rows[:11], regression[0].rows, strict=False):
        assert ours["val_mae"] == pytest.approx(theirs["val_mae"], rel=1e-4)
    assert again.score == pytest.approx(regression[0].score, abs=0.05)


def test_values_are_predicted_in_their_units(regression, tmp_path):
    run, _ = regression
    np.savez(tmp_path / "new.npz", x=(UNIT * X[:3]).astype("f4"))
    found = list(predict(run.folder, [tmp_path / "new.npz"]))
    expected = saved(run).predict_on_batch((UNIT * X[:3]).astype("f4"))
    for one, row in zip(found, expected, strict=True):
        assert [value for _, value in one.values] == pytest.approx(row, rel=1e-5)
        assert one.classes == ()
    assert "e+25   " in str(found[0])


def test_the_page_of_a_regression_shows_every_target(regression):
    run, _ = regression
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert f"<b>{run.score:.3f}</b>" in page
    assert all(f'id="{name}{at}"' in page for name in ("truth", "off") for at in (0, 1))
    assert "confusion" not in page


def test_labels_are_learned_and_counted_by_f1(multilabel):
    assert multilabel.score > 0.7
    assert list(rows(multilabel)[0])[2:4] == ["f1", "exact"]
    test = load(multilabel.recipe).test
    given = saved(multilabel).predict_on_batch(test.values) > 0
    last, holds = multilabel.rows[-1], test.labels > 0.5
    assert last["val_exact"] == pytest.approx((given == holds).all(1).mean())
    hits = (given & holds).sum(0)
    f1 = 2 * hits / np.maximum(given.sum(0) + holds.sum(0), 1)
    assert last["val_f1"] == pytest.approx(f1.mean(), abs=1e-5)


def test_the_labels_that_are_likelier_than_not_are_predicted(multilabel, tmp_path):
    np.savez(tmp_path / "new.npz", x=X[:9].astype("f4"))
    logits = saved(multilabel).predict_on_batch(X[:9].astype("f4"))
    names = load(multilabel.recipe).classes
    for one, row in zip(
        predict(multilabel.folder, [tmp_path / "new.npz"]), logits, strict=True
    ):
        expected = {
            name: 1 / (1 + np.exp(-logit))
            for name, logit in zip(names, row.astype("f8"), strict=True)
            if logit > 0
        }
        assert dict(one.classes) == pytest.approx(expected, rel=1e-4)


def test_a_tiny_signal_is_classified_with_weighted_classes(tmp_path):
    rare = (X[:, 0] > 1).astype("int32")
    np.savez(tmp_path / "a.npz", x=(UNIT * X).astype("f4"), y=rare)
    weighted = recipe(tmp_path / "a.npz", class_weight="balanced")
    run = fit(weighted, tmp_path / "run")
    assert run.accuracy > 0.8
    test = load(run.recipe).test
    named = saved(run).predict_on_batch(test.values).argmax(1)
    assert (named == test.labels).mean() == pytest.approx(run.accuracy)
    assert run.largest_class == pytest.approx((test.labels == 0).mean())
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert f"the largest class is {run.largest_class:.3f} of them" in page


def test_a_finished_run_of_another_task_gets_its_report_again(multilabel, tmp_path):
    copy = shutil.copytree(multilabel.folder, tmp_path / "copy")
    (copy / "report.html").unlink()
    assert resume(copy).score == pytest.approx(multilabel.score, rel=1e-5)
    assert (copy / "report.html").exists()


def test_only_classes_are_weighed(values, tmp_path):
    weighted = Recipe(data=values.data, task="regression", class_weight="balanced")
    with pytest.raises(InputError, match="no classes to weigh"):
        fit(weighted, tmp_path / "run")
    assert not (tmp_path / "run").exists()
