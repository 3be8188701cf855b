"""Layers go in, out, and under other names; all other weights stay."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .surgery import GIVEN, loads, out, randomised


@pytest.fixture
def model():
    """A flat model around a nested one."""
    a = keras.Input((4,), name="a")
    inner = keras.Model(a, layers.Dense(4, name="dense")(a), name="inner")
    x = keras.Input((4,), name="x")
    y = layers.Activation("tanh", name="act")(layers.Dense(4, name="first")(x))
    return randomised(keras.Model(x, layers.Dense(2, name="head")(inner(y))))


def reference(model, order):
    """Computes the layers of a path by hand, in double precision."""
    table = {
        w.path: np.asarray(keras.ops.convert_to_numpy(w), "float64")
        for w in model.weights
    }
    x = GIVEN.astype("float64")
    for step in order:
        x = (
            step(x)
            if callable(step)
            else x @ table[f"{step}/kernel"] + table[f"{step}/bias"]
        )
    return x


def test_a_part_is_inserted(model, tmp_path):
    before = out(model)
    done = kr.rewire.insert(model, [layers.ReLU(), kr.scale(2.0)], after="first")
    relu = lambda x: 2 * np.maximum(x, 0)  # noqa: E731
    expected = reference(model, ["first", relu, np.tanh, "dense", "head"])
    np.testing.assert_allclose(out(done.model), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(out(model), before)
    assert "computes another function" in str(done)
    loads(done.model, tmp_path)


def test_a_trained_layer_brings_its_weights_into_a_nested_model(model, tmp_path):
    extra = layers.Dense(4, name="extra", kernel_initializer="normal")
    extra.build((None, 4))
    new = kr.rewire.insert(model, extra, after="inner/dense").model
    found = new.get_layer("inner").get_layer("extra")
    np.testing.assert_array_equal(
        *map(keras.ops.convert_to_numpy, (found.kernel, extra.kernel))
    )
    loads(new, tmp_path)


def test_a_model_is_inserted_behind_an_input(model, tmp_path):
    part = keras.Sequential([keras.Input((4,)), layers.Rescaling(3.0)], name="triple")
    new = kr.rewire.insert(model, part, after="x").model
    expected = reference(model, [lambda x: 3 * x, "first", np.tanh, "dense", "head"])
    np.testing.assert_allclose(out(new), expected, rtol=1e-5, atol=1e-5)
    loads(new, tmp_path)


def test_the_end_may_change_its_shape(model):
    new = kr.rewire.insert(model, layers.Dense(7), after="head").model
    assert new.output_shape == (None, 7)
    assert kr.rewire.delete(new, ["head_after_dense1", "head"]).model.output_shape == (
        None,
        4,
    )


def test_layers_are_deleted(model, tmp_path):
    done = kr.rewire.delete(model, ["act", "inner/dense"])
    expected = reference(model, ["first", "head"])
    np.testing.assert_allclose(out(done.model), expected, rtol=1e-5, atol=1e-5)
    assert [change.path for change in done.changes] == ["act", "inner/dense"]
    loads(done.model, tmp_path)


def test_a_sequential_model_stays_one():
    model = keras.Sequential(
        [keras.Input((4,)), layers.ReLU(name="a"), layers.Dense(4)]
    )
    new = kr.rewire.insert(
        kr.rewire.delete(model, "a").model, "gelu", after=model.layers[1].name
    ).model
    assert isinstance(new, keras.Sequential)
    assert len(new.layers) == 2


def test_names_change_in_layers_inputs_models_and_weights(model, tmp_path):
    names = {"inner/dense": "middle", "inner": "body", "x": "given", "head": "top"}
    done = kr.rewire.rename(model, names)
    assert [layer.name for layer in done.model.layers] == [
        "given",
        "first",
        "act",
        "body",
        "top",
    ]
    assert (
        done.model.get_layer("body").get_layer("middle").kernel.path == "middle/kernel"
    )
    assert done.proof.largest == 0
    assert model.layers[0].name == "x"
    loads(done.model, tmp_path)


def test_names_change_by_a_function(model):
    done = kr.rewire.rename(model, lambda name: f"net_{name}")
    assert {layer.name[:4] for layer in done.model.layers} == {"net_"}


def test_inputs_of_a_dictionary_keep_the_names_that_data_is_given_by():
    inputs = {name: keras.Input((4,), name=name) for name in ("b", "a")}
    y = layers.Dense(2, name="head")(layers.Add(name="sum")([*inputs.values()]))
    done = kr.rewire.rename(keras.Model(inputs, y), lambda name: f"net_{name}")
    assert {one.path for one in done.left} == {"a", "b"}
    assert {change.path for change in done.changes} == {"sum", "head"}
    given = {"a": GIVEN, "b": 2 * GIVEN}
    assert done.model.predict(given, verbose=0).shape == (3, 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m: kr.rewire.delete(m, "frist"), "'first'"),
        (lambda m: kr.rewire.delete(m, "dense"), "'inner/dense'"),
        (lambda m: kr.rewire.rename(m, {"heat": "top"}), "'head'"),
        (lambda m: kr.rewire.rename(m, {"act": "head"}), "two layers"),
        (
            lambda m: kr.rewire.insert(m, layers.ReLU(name="act"), after="x"),
            "two layers",
        ),
        (lambda m: kr.rewire.insert(m, layers.Dense(5), after="first"), "by: act"),
        (
            lambda m: kr.rewire.insert(m, layers.Dense(5), after="inner/dense"),
            "by: inner",
        ),
        (lambda m: kr.rewire.delete(m, "head") and kr.rewire.delete(m, "x"), "no such"),
    ],
)
def test_what_cannot_be_is_refused(model, call, said):
    with pytest.raises(ValueError, match=said):
        call(model)


def test_a_sum_is_not_deleted():
    x = keras.Input((4,))
    model = keras.Model(x, layers.Add(name="add")([x, layers.Dense(4)(x)]))
    with pytest.raises(ValueError, match="it reads 2 tensors"):
        kr.rewire.delete(model, "add")


def test_a_shared_layer_is_no_place_but_goes_everywhere():
    x, dense = keras.Input((4,)), layers.ReLU(name="twice")
    model = keras.Model(x, layers.Dense(2)(dense(layers.Dense(4)(dense(x)))))
    with pytest.raises(ValueError, match="called 2 times"):
        kr.rewire.insert(model, "relu", after="twice")
    assert len(kr.rewire.delete(model, "twice").model.layers) == 3
