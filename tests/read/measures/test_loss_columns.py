"""Gradients and lesions equal what is worked out by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.read.measures import effective_depth, measure

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


def test_effective_depth_counts_the_units_that_carry_the_lesions():
    assert effective_depth(np.array([0.5, 0.3, 0.1, 0.1])) == 3
    assert effective_depth(np.array([0.5, 0.3, 0.1, 0.1]), share=0.5) == 1
    assert effective_depth(np.array([1.0] * 10)) == 9
    assert effective_depth(np.array([-1.0, np.nan, 2.0])) == 1
    assert effective_depth(np.array([-1.0])) == effective_depth(np.array([])) == 0
    with pytest.raises(ValueError, match=r"share=1\.5"):
        effective_depth(np.array([1.0]), share=1.5)
