"""A unit that is dropped leaves its shortcut, and nothing else changes."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .surgery import loads, randomised

PICTURES = np.random.default_rng(0).standard_normal((3, 8, 8, 3)).astype("float32")


@pytest.fixture
def network():
    """An identity unit, a projection, and an identity unit in a model of its own."""
    x = inputs = keras.Input((8, 8, 3))
    x = kr.conv(4, 3)(x, name="stem")
    x = kr.blocks.basic(4)(x, name="one")
    x = kr.blocks.basic(6, stride=2)(x, name="two")
    x = kr.nest(kr.blocks.preactivation(6))(x, name="three")
    x = layers.Dense(2, name="head")(layers.GlobalAveragePooling2D()(x))
    return randomised(keras.Model(inputs, x))


def names(model):
    return [layer.name for layer in model.layers]


def test_the_loss_without_a_unit_is_what_the_lesion_says(network, tmp_path):
    labels = np.array([0, 1, 1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    table = kr.measure(network, (PICTURES, labels), columns=["lesion"], loss=loss)

    def value(model):
        return float(numbers(loss(labels, model(PICTURES, training=False))))

    assert len(table.units) == 3
    for unit, lesion in zip(table.units, table["lesion"], strict=True):
        new = kr.rewire.drop_units(network, unit).model
        assert value(new) - value(network) == pytest.approx(lesion, abs=1e-5)
        loads(new, tmp_path, PICTURES)


def test_what_is_dropped_is_gone_and_what_carries_stays(network):
    units = kr.find_residuals(network)
    done = kr.rewire.drop_units(network, units)
    assert not kr.find_residuals(done.model)
    assert not [n for n in names(done.model) if n.startswith("three")]
    assert not [n for n in names(done.model) if "one" in n and "act" not in n]
    assert [n for n in names(done.model) if "two" in n and "shortcut" in n]
    assert [change.kind for change in done.changes] == [
        "identity unit",
        "projection unit",
        "identity unit",
    ]


def test_what_stays_keeps_its_weights(network):
    new = kr.rewire.drop_units(network, kr.find_residuals(network)[0].path).model
    old = {w.path: w for w in network.weights}
    assert 0 < len(new.weights) < len(old)
    for weight in new.weights:
        np.testing.assert_array_equal(numbers(weight), numbers(old[weight.path]))


def numbers(weight):
    return keras.ops.convert_to_numpy(weight)


def test_units_of_a_published_network():
    given = {"weights": None, "include_top": False, "input_shape": (32, 32, 3)}
    model = keras.applications.MobileNetV2(alpha=0.35, **given)
    units = kr.find_residuals(model)
    new = kr.rewire.drop_units(model, units).model
    assert len(units) == 10
    assert kr.find_residuals(new) == []
    assert new.output_shape == model.output_shape


def test_a_unit_that_is_not_there_is_not_dropped(network):
    with pytest.raises(ValueError, match="finds no such unit"):
        kr.rewire.drop_units(network, "four")


def test_an_undecidable_shortcut_is_not_dropped():
    x = keras.Input((4,))
    y = layers.Add(name="sum")([layers.Dense(4)(x), layers.Dense(4)(x)])
    with pytest.raises(ValueError, match="the shortcut cannot be told"):
        kr.rewire.drop_units(keras.Model(x, y), "sum")


def test_another_shape_and_a_difference_do_not_stand_in():
    x = keras.Input((4,))
    y = layers.Concatenate(name="wide")([x, layers.Dense(4)(x)])
    y = layers.Subtract(name="less")([y, layers.Dense(8)(y)])
    model = keras.Model(x, y)
    with pytest.raises(ValueError, match=r"shortcut is \(None, 4\)"):
        kr.rewire.drop_units(model, "wide")
    with pytest.raises(ValueError, match="subtracted"):
        kr.rewire.drop_units(model, "less")


def test_a_model_that_is_called_twice_is_left_alone():
    inner = keras.Input((4,))
    unit = layers.Add(name="add")([inner, layers.Dense(4)(inner)])
    block = keras.Model(inner, unit, name="block")
    x = keras.Input((4,))
    model = keras.Model(x, block(block(x)))
    with pytest.raises(ValueError, match="called several times"):
        kr.rewire.drop_units(model, "block/add")


def test_a_model_in_one_that_is_called_twice_is_left_alone():
    entry = keras.Input((4,))
    unit = layers.Add(name="add")([entry, layers.Dense(4)(entry)])
    inner, outside = keras.Model(entry, unit, name="inner"), keras.Input((4,))
    outer = keras.Model(outside, inner(outside), name="outer")
    x = keras.Input((4,))
    model = keras.Model(x, outer(outer(x)))
    with pytest.raises(ValueError, match="called several times"):
        kr.rewire.drop_units(model, "outer/inner/add")


def test_an_input_is_not_cut_off():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    y = layers.Add(name="add")([a, layers.Dense(4)(layers.Concatenate()([a, b]))])
    with pytest.raises(ValueError, match="input 'b'"):
        kr.rewire.drop_units(keras.Model([a, b], y), "add")


@pytest.mark.parametrize("gone", [["add"], ["add:1"], ["add", "add:1"]])
def test_one_call_of_a_shared_sum_is_dropped(gone):
    inputs, add = keras.Input((4,)), layers.Add(name="add")
    x = add([inputs, layers.Dense(4, name="a")(inputs)])
    y = add([x, layers.Dense(4, name="b")(x)])
    model = randomised(keras.Model(inputs, layers.Dense(2, name="head")(y)))
    x = np.random.default_rng(3).normal(size=(3, 4))

    def linear(name, given):
        kernel, bias = model.get_layer(name).get_weights()
        return given @ kernel.astype("float64") + bias

    y = x if "add" in gone else x + linear("a", x)
    y = y if "add:1" in gone else y + linear("b", y)
    dropped = kr.rewire.drop_units(model, gone).model
    found = keras.ops.convert_to_numpy(dropped(x.astype("float32")))
    np.testing.assert_allclose(found, linear("head", y), rtol=1e-5, atol=1e-5)
