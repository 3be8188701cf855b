import keras
import numpy as np
import pytest

from keras_residual.train import InputError, Recipe, fit
from keras_residual.train.own_batches import Batches

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


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (X, "without labels"),
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


def test_a_loss_that_is_not_finite_stops_it():
    with pytest.raises(FloatingPointError, match="step 1 of 4"):
        fit(model(), (X * np.nan, Y), RECIPE, validation=(X, Y))
