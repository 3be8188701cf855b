"""The gain is the largest singular value of the unit's Jacobian."""

import keras
import numpy as np
from keras import layers

from keras_residual.measures import measure

from .nets import chain, dense, random


def singular(matrices):
    return np.mean([np.linalg.svd(m, compute_uv=False)[0] for m in matrices])


def test_linear_units():
    first, second = random(4, 4), random(4, 4, seed=1)
    table = measure(chain(first, second, nested=True), random(3, 4), columns="gain")
    expected = [singular([np.eye(4) + k]) for k in (first, second)]
    np.testing.assert_allclose(table["gain"], expected, 5e-3)
    assert (table["gain"] <= np.array(expected) * (1 + 1e-5)).all()


def test_each_example_has_a_jacobian_of_its_own():
    kernel, x = 2 * random(4, 4), random(6, 4, seed=1)
    inputs = keras.Input((4,))
    branch = layers.ReLU()(dense(kernel)(inputs))
    model = keras.Model(inputs, layers.Add()([inputs, branch]))
    table = measure(model, x, columns="gain", batch_size=4)
    expected = singular([np.eye(4) + kernel * (row @ kernel > 0) for row in x])
    np.testing.assert_allclose(table["gain"], expected, 5e-3)


def test_what_a_unit_reads_beside_its_entry_is_held_fixed():
    kernel, beside = random(4, 4), random(4, 4, seed=1)
    x, memory = keras.Input((4,)), keras.Input((4,))
    stream = layers.Rescaling(1.0)(x)
    branch = layers.Multiply()([dense(kernel)(stream), dense(beside)(memory)])
    model = keras.Model([x, memory], layers.Add()([stream, branch]))
    values = [random(3, 4, seed=2), random(3, 4, seed=3)]
    table = measure(model, values, columns="gain")
    factors = values[1] @ beside
    expected = singular([np.eye(4) + kernel * row for row in factors])
    np.testing.assert_allclose(table["gain"], expected, 5e-3)


def test_one_direction_of_many_is_found():
    first, last = np.zeros((2000, 1)), np.zeros((1, 2000))
    first[0], last[0, 0] = 1.0, 0.5
    inputs = keras.Input((2000,))
    model = keras.Model(
        inputs, layers.Add()([inputs, dense(last)(dense(first)(inputs))])
    )
    table = measure(model, np.ones((3, 2000)), columns="gain")
    np.testing.assert_allclose(table["gain"], 1.5, 1e-3)


def test_the_gain_is_the_examples_own_however_batches_are_cut():
    inputs = keras.Input((30,))
    branch = layers.ReLU()(dense(random(30, 30))(inputs))
    model = keras.Model(inputs, layers.Add()([inputs, branch]))
    x = random(7, 30, seed=1)
    found = [
        measure(model, x[order], columns="gain", batch_size=size)["gain"]
        for size in (7, 3, 1)
        for order in (np.arange(7), np.arange(7)[::-1])
    ]
    np.testing.assert_allclose(found, found[:1] * 6, 1e-6)


def test_the_identity_has_gain_one():
    table = measure(chain(np.zeros((4, 4))), random(3, 4), columns="gain")
    np.testing.assert_allclose(table["gain"], 1, 1e-5)


def test_a_unit_around_another_that_began_before_it():
    """As in a pyramid of features: what the other read beside is not read again."""
    first, second, beside = (random(4, 4, seed=seed) for seed in range(3))
    x, memory = keras.Input((4,)), keras.Input((4,))
    stream = layers.Rescaling(1.0)(x)
    entry = layers.Multiply()([stream, dense(beside)(memory)])
    inner = layers.Add(name="inner")([stream, dense(first)(entry)])
    outer = layers.Add(name="outer")([entry, dense(second)(inner)])
    values = [random(3, 4, seed=3), random(3, 4, seed=4)]
    table = measure(keras.Model([x, memory], outer), values, columns="gain")
    assert table.units == ("inner", "outer")
    expected = singular([np.eye(4) + first @ second])
    np.testing.assert_allclose(table["gain"][1], expected, 5e-3)
