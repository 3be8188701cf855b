"""A layer that does not say how it was made is copied by what it holds."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.common.errors import ResidualError
from keras_residual.transforms.copies import copy_of

GIVEN = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")


class Gate(layers.Layer):
    """Says nothing of its argument, and builds a layer, weights and a dropout."""

    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.table = {"inner": inner, "again": [inner]}
        self.act = self.soft

    def build(self, shape):
        self.late = self.add_weight(shape=(4,), initializer="normal", name="late")
        self.early = self.add_weight(shape=(4,), initializer="normal", name="early")
        self.noise = layers.Dropout(0.5, seed=1)
        self.table["inner"].build(shape)

    def soft(self, x):
        return keras.ops.tanh(x * self.late)

    def call(self, x, training=None):
        x = self.noise(self.act(x), training=training)
        return self.table["again"][0](x) + self.early


def numbers(value):
    return keras.ops.convert_to_numpy(value)


def test_a_clone_computes_the_same_on_weights_of_its_own():
    layer = Gate(layers.Dense(4, name="inner"), name="gate")
    expected = numbers(layer(GIVEN))
    clone = copy_of(layer)
    assert type(clone) is Gate
    assert clone.name == "gate"
    np.testing.assert_array_equal(numbers(clone(GIVEN)), expected)
    own = {id(weight) for weight in layer.weights}
    assert [w.name for w in clone.weights] == [w.name for w in layer.weights]
    assert not any(id(weight) in own for weight in clone.weights)
    for weight in layer.weights:
        weight.assign(np.zeros(weight.shape))
    np.testing.assert_array_equal(numbers(clone(GIVEN)), expected)


def test_a_model_with_it_is_rewritten_and_trains():
    x = inputs = keras.Input((4,))
    y = layers.Add(name="add")([x, layers.Dense(4)(x)])
    y = Gate(layers.Dense(4, name="inner"), name="gate")(y)
    model = keras.Model(inputs, y)
    new = kr.rewire.drop_units(model, "add").model
    np.testing.assert_allclose(
        numbers(new(GIVEN)), numbers(model.get_layer("gate")(GIVEN)), rtol=1e-6
    )
    before = numbers(new.get_layer("gate").late)
    new.compile("sgd", "mse")
    new.train_on_batch(GIVEN, GIVEN)
    assert np.abs(numbers(new.get_layer("gate").late) - before).max() > 0


def test_a_function_that_holds_a_layer_is_refused():
    layer = Gate(layers.Dense(4, name="inner"), name="gate")
    layer(GIVEN)
    layer.act = lambda x: layer.soft(x) * 1
    with pytest.raises(ResidualError, match="cannot be made again"):
        copy_of(layer)
