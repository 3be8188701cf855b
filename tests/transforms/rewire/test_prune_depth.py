"""A network trained with stochastic depth gets shallower until it is asked to stop."""

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import keras_residual as kr

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def squares(count=240):
    """Pictures of noise with a bright quarter; which one is the label."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, count)
    pictures = rng.normal(size=(count, 8, 8, 1)).astype("float32")
    for picture, label in zip(pictures, labels, strict=True):
        row, column = divmod(label, 2)
        picture[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 1
    return pictures, labels.astype("int32")


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((8, 8, 1))
    x = kr.conv(8, 3)(x, name="stem")
    for k in range(4):
        x = kr.blocks.basic(8, tail=kr.drop_path(0.2))(x, name=f"unit{k}")
    x = layers.Flatten()(layers.MaxPooling2D(4)(x))
    model = keras.Model(inputs, layers.Dense(4, name="head")(x))
    model.compile(keras.optimizers.Adam(0.01), LOSS, metrics=["accuracy"])
    model.fit(*squares(), batch_size=40, epochs=4, verbose=0)
    return model


def accuracy(model, data):
    predicted = model.predict(data[0], verbose=0)
    return (predicted.argmax(1) == data[1]).mean()


def test_it_stops_where_it_was_asked_to(trained, tmp_path):
    data = squares()
    done = kr.rewire.prune_depth(trained, data, tolerance=0.1)
    first, last = done.steps[0], [step for step in done.steps if step.kept][-1]
    assert first.accuracy > 0.7
    assert first.accuracy == pytest.approx(accuracy(trained, data))
    assert last.accuracy == pytest.approx(accuracy(done.model, data))
    assert last.accuracy >= first.accuracy - 0.1
    assert [step.units for step in done.steps] == list(
        range(4, 4 - len(done.steps), -1)
    )
    assert last.units == len(kr.find_residuals(done.model))
    assert last.parameters == done.model.count_params()
    refused = [step for step in done.steps if not step.kept]
    assert refused == list(done.steps[len(done.dropped) + 1 :])
    assert all(step.accuracy < first.accuracy - 0.1 for step in refused)
    done.model.save(tmp_path / "small.keras")
    again = keras.saving.load_model(tmp_path / "small.keras")
    assert accuracy(again, data) == pytest.approx(last.accuracy)


def test_the_whole_curve_goes_down_to_no_unit(trained, tmp_path):
    data = squares(60)
    done = kr.rewire.prune_depth(trained, data, tolerance=float("inf"), by="loss")
    assert [step.units for step in done.steps] == [4, 3, 2, 1, 0]
    weights = [step.parameters for step in done.steps]
    assert weights == sorted(weights, reverse=True)
    assert len(set(done.dropped)) == 4
    assert all(step.milliseconds > 0 for step in done.steps)
    assert "one sample" in str(done)
    done.draw(tmp_path / "curve.svg")
    drawn = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    assert ">residual units left</text>" in drawn
    assert ">accuracy</text>" in drawn
    done.draw(tmp_path / "again.svg")
    assert drawn == (tmp_path / "again.svg").read_text(encoding="utf-8")
    done.draw(tmp_path / "curve.png")
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.size == (1280, 576)


def test_the_first_to_go_is_the_one_of_the_smallest_lesion(trained):
    data = squares(60)
    table = kr.measure(trained, data, columns=["lesion"])
    done = kr.rewire.prune_depth(trained, data, tolerance=float("inf"))
    assert done.dropped[0] == table.units[table["lesion"].argmin()]
    grown = done.steps[1].loss - done.steps[0].loss
    assert grown == pytest.approx(table["lesion"].min(), abs=1e-4)


def test_what_is_tuned_is_judged_after_it(trained):
    seen = []

    def forget(model):
        seen.append(len(kr.find_residuals(model)))
        model.get_layer("head").kernel.assign(np.zeros((32, 4)))

    done = kr.rewire.prune_depth(trained, squares(60), tolerance=0.1, tune=forget)
    assert seen == [3]
    assert done.dropped == ()
    assert "too much" in str(done)
    assert len(kr.find_residuals(done.model)) == 4


def test_labels_of_a_regression_are_judged_by_the_loss(tmp_path):
    x = keras.Input((4,))
    y = layers.Add(name="add")([x, layers.Dense(4, kernel_initializer="zeros")(x)])
    model = keras.Model(x, layers.Dense(1)(y))
    data = np.eye(4, dtype="float32"), np.ones((4, 1), "float32")
    with pytest.raises(ValueError, match='by="loss"'):
        kr.rewire.prune_depth(model, data, tolerance=0, loss="mse")
    done = kr.rewire.prune_depth(model, data, tolerance=0, loss="mse", by="loss")
    assert done.dropped == ("add",)
    assert done.steps[0].accuracy is None
    done.draw(tmp_path / "curve.svg")
    drawn = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    assert ">loss</text>" in drawn


def test_units_that_cannot_go_are_said():
    x = keras.Input((4,))
    y = layers.Add(name="sum")([layers.Dense(4)(x), layers.Dense(4)(x)])
    data = np.eye(4, dtype="float32"), np.arange(4)
    done = kr.rewire.prune_depth(keras.Model(x, y), data, tolerance=1, loss=LOSS)
    assert done.dropped == ()
    assert done.left[0].path == "sum"
    assert "sum stays" in str(done)


@pytest.mark.parametrize(
    "given", [{"tolerance": -0.1}, {"tolerance": 0.1, "by": "speed"}]
)
def test_what_cannot_be_asked_is_refused(trained, given):
    with pytest.raises(ValueError, match="prune_depth"):
        kr.rewire.prune_depth(trained, squares(4), **given)


def heads(kind, inputs):
    """Two classifiers and a regression on one stream, compiled with weights."""
    x = keras.layers.add(list(inputs.values())) if len(inputs) > 1 else inputs["x"]
    for name, start in (("idle", "zeros"), ("used", "identity")):
        y = layers.Dense(4, kernel_initializer=start, name=name)(x)
        x = layers.Add(name=f"add_{name}")([x, y])
    sizes = {"b": 2, "a": 3, "c": 1}
    outputs = {key: layers.Dense(n, name=f"h{n}")(x) for key, n in sizes.items()}
    losses = {key: "mse" if key == "c" else LOSS for key in sizes}
    losses = losses if kind is dict else [*losses.values()]
    given = list(inputs.values()) if kind is list else inputs
    model = keras.Model(given, outputs if kind is dict else [*outputs.values()])
    model.compile("sgd", losses, loss_weights=weights_of(kind))
    return model


def weights_of(kind):
    weights = {"b": 0.5, "a": 2.0, "c": 0.25}
    return weights if kind is dict else [*weights.values()]


@pytest.mark.parametrize("kind", [list, dict])
def test_several_outputs_are_judged_as_evaluate_does(kind):
    rng = np.random.default_rng(0)
    model = heads(kind, {k: keras.Input((4,), name=k) for k in ("x", "w")})
    arrays = {k: rng.normal(size=(10, 4)).astype("float32") for k in ("x", "w")}
    labels = {"b": np.arange(10) % 2, "a": np.arange(10) % 3, "c": np.ones((10, 1))}
    if kind is list:
        arrays, labels = [*arrays.values()], [*labels.values()]
    with pytest.raises(ValueError, match='by="loss"'):
        kr.rewire.prune_depth(model, (arrays, labels), tolerance=0)
    how = {"by": "loss", "batch_size": 4}
    done = kr.rewire.prune_depth(model, (arrays, labels), tolerance=np.inf, **how)
    done.model.compile("sgd", model.loss, loss_weights=weights_of(kind))
    for step, network in ((0, model), (2, done.model)):
        true = network.evaluate(arrays, labels, batch_size=4, verbose=0)
        assert done.steps[step].loss == pytest.approx(true[0], rel=1e-5)
    assert done.steps[0].accuracy is None


@pytest.mark.parametrize("kind", [list, dict, "names"])
def test_the_accuracy_of_several_outputs_is_their_mean(kind):
    whole = heads(dict, {"x": keras.Input((4,), name="x")})
    outputs = {key: whole.output[key] for key in ("b", "a")}
    model = keras.Model(whole.inputs, outputs if kind is dict else [*outputs.values()])
    x, labels = np.eye(4, dtype="float32"), {"b": np.arange(4) % 2, "a": np.arange(4)}
    labels["a"][3] = 0
    answers = whole.predict({"x": x}, verbose=0)
    right = [(answers[key].argmax(1) == labels[key]).mean() for key in outputs]
    losses = dict.fromkeys(outputs, LOSS) if kind is dict else [LOSS, LOSS]
    if kind is list:
        labels = [labels["b"], labels["a"]]
    elif kind == "names":
        labels = {"h2": labels["b"], "h3": labels["a"]}
        losses = {"h2": LOSS, "h3": LOSS}
    done = kr.rewire.prune_depth(model, (x, labels), tolerance=0, loss=losses)
    assert done.steps[0].accuracy == pytest.approx(np.mean(right))


def test_positions_that_are_masked_do_not_count():
    inputs = keras.Input((5,), dtype="int32")
    x = layers.Embedding(4, 3, mask_zero=True)(inputs)
    x = layers.Add(name="add")([x, layers.Dense(3, kernel_initializer="zeros")(x)])
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile("sgd", "mse")
    data = np.array([[1, 2, 0, 0, 0], [1, 2, 3, 3, 1]]), np.ones((2, 5, 1), "float32")
    done = kr.rewire.prune_depth(model, data, tolerance=0, by="loss")
    true = model.evaluate(*data, verbose=0)
    assert done.steps[0].loss == pytest.approx(true, rel=1e-5)
