import itertools

import keras
import numpy as np
import pytest

from keras_residual.measures import forms
from keras_residual.train import InputError, Recipe, fit
from keras_residual.train.own.batches import Batches

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")
RECIPE = Recipe(epochs=3, batch_size=16)


def model(units=2, activation=None):
    layers = [keras.Input((3,)), keras.layers.Dense(units, activation=activation)]
    return keras.Sequential(layers, name="mine")


class Ordered(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return X[16 * index :][:16], Y[16 * index :][:16]


def tensorflow_data():
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)


def grain_data():
    import grain

    return grain.MapDataset.source(list(zip(X, Y, strict=True))).batch(16)


def torch_data():
    data = pytest.importorskip("torch.utils.data")
    return data.DataLoader(list(zip(X, Y, strict=True)), batch_size=16)


@pytest.mark.parametrize(
    "make",
    [
        Ordered,
        tensorflow_data,
        grain_data,
        torch_data,
        lambda: [[X[:32], Y[:32]], [X[32:], Y[32:]]],
    ],
)
def test_a_model_learns_from_batches_of_any_kind(make):
    data = make()
    run = fit(model(), data, RECIPE, validation=make())
    assert run.score > 0.8
    assert run.recipe.task == "classification"
    assert [row["epoch"] for row in run.rows] == [1, 2, 3]


def test_arrays_are_shuffled_and_a_share_is_held_out():
    run = fit(model(activation="softmax"), (X, Y), RECIPE)
    assert run.score > 0.8
    assert run.folder is None
    steps = Batches((X, Y), batch_size=60, epochs=2, seed=0)
    stream = steps.stream()
    batches = [next(stream) for _ in range(4)]
    assert [len(values) for values, _ in batches] == [60, 4, 60, 4]
    assert not np.array_equal(batches[0][0], batches[2][0])
    for first, second in (batches[:2], batches[2:]):
        seen = np.concatenate([first[0], second[0]])
        assert np.array_equal(np.sort(seen, axis=0), np.sort(X, axis=0))


def test_a_compiled_model_keeps_what_it_was_compiled_with(tmp_path):
    mine = model(1)
    mine.compile(keras.optimizers.Adam(0.05), "mse", metrics=["mae"])
    optimizer = mine.optimizer
    run = fit(mine, (X, X.sum(1)), RECIPE, out=tmp_path / "run")
    assert mine.optimizer is optimizer
    assert run.rows[-1]["learning_rate"] == pytest.approx(0.05)
    header = (tmp_path / "run" / "history.csv").read_text().splitlines()[0]
    assert header == "epoch,loss,mae,val_loss,val_mae,learning_rate,seconds"
    assert run.score == run.rows[-1]["val_loss"]


def test_a_folder_holds_recipe_history_model_and_page(tmp_path):
    mine = model(2)
    run = fit(mine, (X, X[:, :2] * 2), RECIPE, out=tmp_path / "run")
    assert run.recipe.task == "regression"
    saved = keras.saving.load_model(tmp_path / "run" / "model.keras")
    expected = keras.ops.convert_to_numpy(mine(X))
    assert np.allclose(saved.predict_on_batch(X), expected, atol=1e-5)
    saved.load_weights(tmp_path / "run" / "best.weights.h5")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "R², held out" in page
    assert "<svg" in page


def test_labels_that_hold_are_learned_where_the_recipe_says_so():
    holds = (X > 0).astype("float32")
    recipe = Recipe(epochs=9, batch_size=16, task="multilabel")
    assert fit(model(3, "sigmoid"), (X, holds), recipe).score > 0.7
    with pytest.raises(InputError, match=r"Recipe\(task='multilabel'\)"):
        fit(model(3), (X, holds))


@pytest.mark.parametrize("labels", [Y[:, None], Y > 0, Y.astype("uint8")])
def test_classes_may_be_a_column_or_flags(labels):
    assert fit(model(), (X, labels), RECIPE).recipe.task == "classification"


def test_one_number_an_example_meets_a_model_of_one_output():
    targets, holds = X @ [1, 2, 3], X[:, 0] > 0
    recipe = Recipe(epochs=9, batch_size=4, learning_rate=1.0)
    run = fit(model(1), (X, targets.astype("float32")), recipe)
    assert run.recipe.task == "regression"
    assert run.score > 0.9  # R² of N answers against N targets, not N times N
    recipe = Recipe(epochs=2, batch_size=16, task="multilabel")
    assert np.isfinite(fit(model(1), (X, holds), recipe).score)


@pytest.mark.parametrize(
    ("labels", "task", "said"),
    [
        (Y * 2 - 1, None, "labels from 0 to 1, .* these are from -1 to 1"),
        (Y * 2 - 1, "classification", "for classes 0 to 1"),
        (np.where(np.arange(64) == 63, 7, Y), None, "from 0 to 7"),
        (Y.astype("float32"), None, r"y\.astype\('int32'\)"),
        (np.eye(2)[Y], None, r"y\.argmax\(axis=-1\)"),
        (X[:, 0], "regression", r"labels of shape \(64,\)"),
        (X[:, :2], "multilabel", "0 or 1"),
    ],
)
def test_labels_that_do_not_fit_the_outputs_are_refused(labels, task, said, tmp_path):
    recipe = Recipe(epochs=1, batch_size=16, task=task)
    with pytest.raises(InputError, match=said):
        fit(model(), (X, labels), recipe, validation=(X, labels), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_labels_of_a_later_batch_are_looked_at_as_well():
    late = [(X[:8], Y[:8]), (X[8:], Y[8:] - 1)]
    with pytest.raises(InputError, match="from -1 to 0"):
        fit(model(), late, RECIPE, validation=(X, Y))


def test_several_outputs_want_a_loss_that_is_said():
    x = keras.Input((3,))
    two = keras.Model(x, [keras.layers.Dense(2)(x), keras.layers.Dense(2)(x)])
    with pytest.raises(InputError, match="several outputs"):
        fit(two, (X, (Y, Y)), validation=(X, (Y, Y)))


def test_a_dataset_that_shuffles_itself_is_told_when_an_epoch_ends():
    class Shuffled(Ordered):
        ends = 0

        def on_epoch_end(self):
            self.ends += 1

    data = Shuffled()
    stream = Batches(data, batch_size=16, epochs=2).stream()
    for _ in range(9):
        next(stream)
    assert data.ends == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (X, "without labels"),
        ({"image": X, "label": Y}, r"\(data\['image'\], data\['label'\]\)"),
        (
            [{"y": Y, "a": X, "b": X}],
            r"\[\(\{'a': batch\['a'\], 'b': batch\['b'\]\}, batch\['y'\]\) for batch",
        ),
        (list(zip(X, Y, strict=True)), r"data\.batch\(32\)"),
        ((X[:, :2], Y), "a batch of shape .*, 2"),
        (((x, y) for x, y in [(X, Y)]), "empty once it was read"),
        ([(X, Y)], "validation=other_batches"),
        ((X, Y[:9]), "9, 64 examples"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(data, said, tmp_path):
    validation = None if said.startswith(("valid", "9")) else (X, Y)
    with pytest.raises(InputError, match=said):
        fit(model(), data, validation=validation, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


class Endless:
    """Batches for ever; with a length, an epoch has so many."""

    def __iter__(self):
        while True:
            yield X[:16], Y[:16]


class Sized(Endless):
    def __len__(self):
        return 3


def test_batches_without_an_end_are_refused_with_what_works(monkeypatch):
    monkeypatch.setattr(forms, "MOST", 8)
    for data in (Endless(), iter(Endless())):
        for given, judged in ((data, (X, Y)), ((X, Y), data)):
            with pytest.raises(ValueError, match=r"list\(itertools\.islice\(data, 100"):
                fit(model(), given, RECIPE, validation=judged)
    advised = list(itertools.islice(Endless(), 9))
    for data in (advised, Sized()):
        assert len(fit(model(), data, RECIPE, validation=data).rows) == 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([X, Y], "a batch without labels"),
        ((X, None), "a batch without labels"),
        ((), r"\(np\.asarray\(x\), np\.asarray\(y\)\)"),
        ((X.tolist(), Y.tolist()), r"\(np\.asarray\(x\), np\.asarray\(y\)\)"),
        ((X[0, 0], Y[0]), r"\(np\.asarray\(x\), np\.asarray\(y\)\)"),
        ("data.csv", "this is no data"),
        (None, "this is no data"),
        ((X, Y, Y.astype(str)), "labels for which model.evaluate"),
    ],
)
def test_what_is_no_pair_of_arrays_is_refused(data, said):
    with pytest.raises((TypeError, InputError), match=said):
        fit(model(), data, RECIPE)


@pytest.mark.parametrize(
    "compiled", [{"loss": "mse"}, {"loss": "mse", "metrics": ["?"]}]
)
def test_a_loss_that_does_not_take_the_labels_is_refused(compiled, tmp_path):
    mine = model(3)
    mine.compile("sgd", **compiled)
    with pytest.raises(InputError, match="do not take its labels"):
        fit(mine, (X, np.eye(2)[Y]), RECIPE, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_model_that_was_compiled_without_a_loss_is_refused(tmp_path):
    mine = model(3)
    mine.compile("sgd")
    with pytest.raises(InputError, match="compiled without a loss") as caught:
        fit(mine, (X, np.eye(2)[Y]), RECIPE, out=tmp_path / "run")
    error = caught.value
    assert "loss=None" in error.given
    assert error.needed
    assert "model.compile(" in error.write
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("at", [0, 1])
def test_data_whose_loss_is_not_finite_is_refused_with_what_spoils_it(compiled, at):
    mine, data = model(1), [X.copy(), X[:, :1].copy()]
    if compiled:
        mine.compile("sgd", "mse")
    data[at][7] = np.nan
    with pytest.raises(FloatingPointError, match=f"{'xy'[at]} with NaN"):
        fit(mine, tuple(data), RECIPE)


def test_targets_too_large_for_their_loss_are_refused():
    mine = model(1)
    mine.compile("sgd", "mse")
    with pytest.raises(FloatingPointError, match=r"y up to .*e\+25"):
        fit(mine, (X, np.float32(1e25) * X[:, :1]), RECIPE, validation=(X, X[:, :1]))


@pytest.mark.parametrize(
    ("labels", "said"),
    [(Y + 1, "outputs, for classes 0 to 1"), (Y - 1, "0 to 1"), (Y + 0.5, "whole")],
)
def test_a_loss_of_classes_wants_classes(labels, said):
    mine = model()
    mine.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(InputError, match=said):
        fit(mine, (X, labels), RECIPE)
