"""What is read and written at a point stands there; the model stays as it is."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph.numbers import array

from .nets import chain, dense, random

A, B, X = random(3, 3), random(3, 3, seed=1), random(4, 3, seed=2)


@pytest.fixture
def model():
    return chain(A, B)


def test_every_point_of_a_unit_is_read(model):
    keep = ["x", "add0", "add1/entry", "add1/shortcut", "add1/change", "dense1"]
    run = kr.run(model, X, keep=keep)
    stream = X + X @ A
    assert list(run) == keep
    np.testing.assert_allclose(run["x"], X)
    for path in ("add0", "add1/entry", "add1/shortcut"):
        np.testing.assert_allclose(run[path], stream, 1e-5, 1e-5)
    for path in ("add1/change", "dense1"):
        np.testing.assert_allclose(run[path], stream @ B, 1e-5, 1e-5)
    np.testing.assert_allclose(run.outputs, array(model(X)), 1e-5, 1e-5)


@pytest.mark.parametrize(
    ("replace", "expected"),
    [
        ({"add0/change": 0 * X}, X + X @ B),
        ({"add0/shortcut": 0 * X}, X @ A + X @ A @ B),
        ({"add0": lambda y: -y}, -(X + X @ A) @ (np.eye(3) + B)),
        ({"add1/change": X, "add1/shortcut": lambda s: 0 * s}, X),
        ({"dense1": X}, X + X @ A + X),
        ({"add1/entry": X}, X + X @ B),
        ({"x": lambda x: 2 * x}, 2 * (X + X @ A) @ (np.eye(3) + B)),
    ],
)
def test_what_is_written_is_what_the_rest_reads(model, replace, expected):
    before = [array(w).copy() for w in model.weights]
    run = kr.run(model, X, replace=replace)
    np.testing.assert_allclose(run.outputs, expected, 1e-4, 1e-4)
    for was, is_ in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(was, array(is_))


def test_what_is_kept_is_what_the_network_goes_on_with(model):
    keep = ["add0/change", "add0", "add1"]
    run = kr.run(model, X, keep=keep, replace={"add0/change": X})
    np.testing.assert_allclose(run["add0/change"], X)
    np.testing.assert_allclose(run["add0"], 2 * X, 1e-6)
    np.testing.assert_allclose(run["add1"], run.outputs)


def test_a_write_to_a_change_is_read_by_its_sum_alone():
    x = keras.Input((3,), name="x")
    change = dense(A, "change")(x)
    y = layers.Add(name="add")([x, change])
    model = keras.Model(x, [y, change])
    sums, other = kr.run(model, X, replace={"add/change": 0 * X}).outputs
    np.testing.assert_allclose(sums, X)
    np.testing.assert_allclose(other, X @ A, 1e-5, 1e-5)


def test_a_unit_of_several_branches_has_one_change():
    x = keras.Input((3,), name="x")
    y = layers.Add(name="add")([x, dense(A)(x), dense(B)(x)])
    run = kr.run(keras.Model(x, y), X, keep="add/change")
    np.testing.assert_allclose(run["add/change"], X @ (A + B), 1e-5, 1e-5)


def test_masks_states_and_seeds_stay_as_they_are():
    x = keras.Input((4,), dtype="int32", name="x")
    e = layers.Embedding(5, 3, mask_zero=True, name="embed")(x)
    y = layers.Add(name="add")([e, layers.LSTM(3, return_sequences=True)(e)])
    y = layers.Dropout(0.5)(layers.BatchNormalization()(y))
    model = keras.Model(x, layers.GlobalAveragePooling1D()(y))
    tokens = np.array([[1, 2, 0, 0], [3, 1, 4, 0]])
    state = [array(v).copy() for v in model.variables]
    same = kr.run(model, tokens, replace={"add": lambda y: y})
    np.testing.assert_allclose(same.outputs, array(model(tokens)), 1e-5, 1e-5)
    for was, is_ in zip(state, model.variables, strict=True):
        np.testing.assert_array_equal(was, array(is_))


def test_outputs_come_in_the_structure_of_the_model():
    x = keras.Input((3,), name="x")
    y = layers.Add(name="add")([x, dense(A)(x)])
    run = kr.run(keras.Model({"x": x}, {"y": y, "z": x}), {"x": X})
    assert sorted(run.outputs) == ["y", "z"]
    assert "output" in str(run)


def test_what_cannot_be_told_apart_is_refused(model):
    with pytest.raises(kr.ResidualError, match="twice"):
        kr.run(model, X, replace={"add0": X, "add1/entry": X})
    with pytest.raises(kr.ResidualError, match="one batch"):
        kr.run(model, [(X, X), (X, X)])
