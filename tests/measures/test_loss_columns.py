"""Gradients and lesions equal what is worked out by hand."""

import keras
import numpy as np
import pytest
from graph.unfolding.textbook import Tied
from keras import layers

from keras_residual.measures import effective_depth, measure

from .nets import chain, dense, loss_of, random

FIRST, SECOND = 0.3 * random(4, 4), 0.3 * random(4, 4, seed=1)
X, TARGET = (random(6, 4, seed=k).astype("float64") for k in (2, 3))
EYE = np.eye(4)


@pytest.fixture(params=[False, True], ids=["flat", "nested"])
def network(request):
    return chain(FIRST, SECOND, nested=request.param)


def by_hand():
    """The streams of the chain, and the gradient of each example's loss at them."""
    middle = X @ (EYE + FIRST)
    last = middle @ (EYE + SECOND)
    at_last = 2 / 4 * (last - TARGET)
    return middle, last, at_last @ (EYE + SECOND).T, at_last


@pytest.mark.parametrize("batch_size", [64, 4])
def test_the_gradient_at_the_stream(network, batch_size):
    data = (X, TARGET)
    table = measure(
        network, data, columns="gradient", loss="mse", batch_size=batch_size
    )
    *_, at_middle, at_last = by_hand()
    norms = [np.linalg.norm(g, axis=1).mean() for g in (at_middle, at_last)]
    np.testing.assert_allclose(table["gradient"], norms, 1e-5)


@pytest.mark.parametrize("batch_size", [64, 4])
def test_the_gradient_of_the_weights(network, batch_size):
    data = (X, TARGET)
    table = measure(
        network, data, columns="weight_gradient", loss="mse", batch_size=batch_size
    )
    middle, _, at_middle, at_last = by_hand()
    found = [X.T @ at_middle / len(X), middle.T @ at_last / len(X)]
    sizes = [
        np.linalg.norm(gradient) / np.linalg.norm(kernel)
        for gradient, kernel in zip(found, (FIRST, SECOND), strict=True)
    ]
    np.testing.assert_allclose(table["weight_gradient"], sizes, 1e-5)


@pytest.mark.parametrize("batch_size", [64, 4])
def test_a_lesion_is_the_loss_without_the_branch(network, batch_size):
    data = (X, TARGET)
    table = measure(network, data, columns="lesion", loss="mse", batch_size=batch_size)
    middle, last, *_ = by_hand()
    whole = loss_of(last, TARGET).mean()
    without = [X @ (EYE + SECOND), middle]
    expected = [loss_of(y, TARGET).mean() - whole for y in without]
    np.testing.assert_allclose(table["lesion"], expected, 1e-5, 1e-6)
    assert table.effective_depth == effective_depth(np.array(expected))


def test_the_lesion_of_a_concatenation_and_of_a_projection():
    grown, carry, change = random(4, 2), random(6, 4, seed=4), random(6, 4, seed=5)
    inputs = keras.Input((4,))
    wide = layers.Concatenate()([dense(grown)(inputs), inputs])
    outputs = layers.Add()([dense(carry)(wide), layers.ReLU()(dense(change)(wide))])
    model = keras.Model(inputs, outputs)
    table = measure(model, (X, TARGET), columns="lesion", loss="mse")
    assert [row.kind for row in table.rows] == ["identity", "projection"]

    def rest(wide, worth):
        return wide @ carry + worth * np.maximum(wide @ change, 0)

    wide = np.concatenate([X @ grown, X], axis=1)
    silent = np.concatenate([0 * X @ grown, X], axis=1)
    whole = loss_of(rest(wide, 1), TARGET).mean()
    expected = [
        loss_of(rest(silent, 1), TARGET).mean() - whole,
        loss_of(rest(wide, 0), TARGET).mean() - whole,
    ]
    np.testing.assert_allclose(table["lesion"], expected, 1e-5, 1e-6)


def test_the_lesion_of_a_difference_keeps_its_sign():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Subtract()([dense(FIRST)(inputs), inputs]))
    table = measure(model, (X, TARGET), columns=["lesion", "ratio"], loss="mse")
    assert [row.kind for row in table.rows] == ["identity"]
    expected = loss_of(-X, TARGET).mean() - loss_of(X @ FIRST - X, TARGET).mean()
    np.testing.assert_allclose(table["lesion"], expected, 1e-5)


def test_frozen_weights_have_no_gradient_and_the_stream_has():
    model = chain(FIRST)
    model.trainable = False
    columns = ["gradient", "weight_gradient"]
    table = measure(model, (X, TARGET), columns=columns, loss="mse")
    assert table["gradient"][0] > 0
    assert np.isnan(table["weight_gradient"][0])


def test_a_classifier_is_measured_with_the_loss_it_is_compiled_with():
    model = chain(FIRST)
    labels = np.arange(6) % 4
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    own = measure(model, (X, labels), columns="lesion")
    logits = np.stack([X @ (EYE + FIRST), X])
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    whole, without = -logits[:, np.arange(6), labels].mean(axis=1)
    np.testing.assert_allclose(own["lesion"], without - whole, 1e-5, 1e-6)


def worth(models, data):
    """How much `evaluate` rises where the only unit of a network has no branch."""
    given = dict(zip(("x", "y", "sample_weight"), data, strict=False))
    found = [model.evaluate(**given, verbose=0, batch_size=99) for model in models]
    whole, cut = (each[0] if isinstance(each, list) else each for each in found)
    return cut - whole


def with_and_without(ending, start=lambda: keras.Input((4,), name="x"), **compiled):
    """Compiles a network of one unit, and the same without its branch."""
    made = []
    for scale in (1.0, 0.0):
        inputs = x = start()
        if len(inputs.shape) == 2 and inputs.dtype == "int32":
            x = layers.Embedding(9, 4, mask_zero=True, embeddings_initializer=FIXED)(x)
        branch = layers.Rescaling(scale)(dense(FIRST)(x))
        model = keras.Model(inputs, ending(layers.Add(name="add")([x, branch])))
        model.compile("sgd", **compiled)
        made.append(model)
    return made


FIXED = keras.initializers.RandomNormal(seed=1)
TWO = {"loss": {"a": "mse", "b": "mae"}, "loss_weights": {"a": 0.3, "b": 2.0}}


def squared(y, predicted):
    return keras.ops.mean((y - predicted) ** 2, axis=-1)


def one(x):
    return dense(SECOND[:, :1])(x)


def two(x):
    return {"a": dense(SECOND, "a")(x), "b": dense(SECOND[:, :1], "b")(x)}


@pytest.mark.parametrize(
    ("ending", "compiled", "data"),
    [
        (one, {"loss": squared}, (X, TARGET[:, 0])),
        (one, {"loss": [squared]}, (X, TARGET[:, 0], np.arange(6.0))),
        (
            one,
            {"loss": keras.losses.MeanSquaredError(reduction="sum")},
            (X, TARGET[:, 0]),
        ),
        (two, TWO, (X, {"b": TARGET[:, 0], "a": TARGET})),
        (lambda x: [*two(x).values()], TWO, (X, [TARGET, TARGET[:, 0]])),
        (lambda x: [*two(x).values()], {"loss": ["mse", None]}, (X, [TARGET, None])),
    ],
)
def test_a_lesion_is_what_evaluate_says(ending, compiled, data):
    models = with_and_without(ending, **compiled)
    expected = worth(models, data)
    if getattr(compiled["loss"], "reduction", None) == "sum":
        expected /= 6  # of six examples, and a lesion is of one
    for size in (64, 4):
        found = measure(models[0], data, columns="lesion", batch_size=size)["lesion"]
        np.testing.assert_allclose(found, [expected], 1e-4)


WORDS = (
    np.arange(30).reshape(6, 5) % 9 * (np.arange(5) < [[2], [5], [1], [3], [4], [5]])
)


def pooled(x):
    """The end of a network that reads the mask of its stream."""
    return dense(SECOND[:, :2])(layers.GlobalAveragePooling1D()(x))


def test_the_rest_of_the_network_reads_the_mask_and_another_input():
    words = lambda: keras.Input((5,), dtype="int32")  # noqa: E731
    models = with_and_without(pooled, words, loss=squared)
    data = (WORDS, random(6, 2, seed=7))
    found = measure(models[0], data, columns="lesion")["lesion"]
    np.testing.assert_allclose(found, [worth(models, data)], 1e-4)
    more = keras.Input((2,), name="more")
    models = [
        keras.Model([m.input, more], layers.Multiply()([m.output, more]))
        for m in models
    ]
    for model in models:
        model.compile("sgd", squared)
    data = ([WORDS, random(6, 2, seed=8)], data[1])
    found = measure(models[0], data, columns="lesion")["lesion"]
    np.testing.assert_allclose(found, [worth(models, data)], 1e-4)


def test_masked_positions_do_not_count():
    start = lambda: keras.Input((5,), dtype="int32")  # noqa: E731
    models = with_and_without(one, start, loss=squared)
    targets = random(6, 5, 1, seed=7)
    expected = worth(models, (WORDS, targets))
    for size in (64, 4):
        data = (WORDS, targets)
        table = measure(models[0], data, columns="all", batch_size=size)
        np.testing.assert_allclose(table["lesion"], [expected], 1e-4)
        assert np.isfinite(table["gradient"]).all()


def test_effective_depth_counts_the_units_that_carry_the_lesions():
    assert effective_depth(np.array([0.5, 0.3, 0.1, 0.1])) == 3
    assert effective_depth(np.array([0.5, 0.3, 0.1, 0.1]), share=0.5) == 1
    assert effective_depth(np.array([1.0] * 10)) == 9
    assert effective_depth(np.array([-1.0, np.nan, 2.0])) == 1
    assert effective_depth(np.array([-1.0])) == effective_depth(np.array([])) == 0
    with pytest.raises(ValueError, match=r"share=1\.5"):
        effective_depth(np.array([1.0]), share=1.5)


@pytest.mark.parametrize("given", [True, False], ids=["given", "compiled with it"])
def test_a_subclassed_model_has_its_loss(given):
    model, words = Tied(), np.array([[1, 2, 3], [4, 5, 6]])
    model(words)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if not given:
        model.compile(loss=loss)
    options = {"loss": loss} if given else {}
    data = words, np.ones((2, 3), int)
    table = measure(model, data, columns="lesion", **options)
    table_of, kernel, bias = (one.astype("float64") for one in model.get_weights())
    stream = table_of[words]

    def entropy(stream):
        logits = stream @ table_of.T
        return (np.log(np.exp(logits).sum(-1)) - logits[..., 1]).mean()

    whole = stream + np.maximum(stream @ kernel + bias, 0)
    lesion = entropy(stream) - entropy(whole)
    assert table["lesion"] == pytest.approx([lesion], abs=1e-6 * entropy(whole))
