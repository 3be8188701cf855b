"""Nested, shared, deep and long models are read as one flat graph."""

import gc
import time

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.graph import find_residuals


def found(inputs, outputs):
    return find_residuals(keras.Model(inputs, outputs))


def vector():
    return keras.Input((8,), name="x")


def names(path):
    return [op.path for op in path]


def test_sequential_and_nested_models_are_opened():
    a = vector()
    inner = keras.Model(a, layers.Add(name="add")([a, layers.Dense(8)(a)]), name="in")
    middle = keras.Sequential([keras.Input((8,)), layers.ReLU(), inner], name="mid")
    b = vector()
    outer = keras.Model(b, middle(layers.Dense(8)(b)))
    (unit,) = find_residuals(outer)
    assert unit.path == "mid/in/add"
    assert unit.entry.kind == "act"
    assert unit.kind == "identity"


def test_a_path_that_crosses_nested_models():
    a = vector()
    branch = keras.Model(a, layers.Dense(8, name="f")(a), name="branch")
    x = vector()
    (unit,) = found(x, layers.Add(name="add")([x, branch(x)]))
    assert (unit.path, names(unit.branches[0])) == ("add", ["branch/f"])


def test_a_shared_model_is_a_unit_at_each_call():
    a = vector()
    block = keras.Model(a, layers.Add(name="add")([a, layers.Dense(8)(a)]), name="b")
    x = vector()
    units = found(x, block(block(x)))
    assert [u.path for u in units] == ["b/add", "b:1/add"]
    assert units[1].entry is units[0].merge


def test_shared_layers_on_both_paths():
    x = vector()
    dense, add = layers.Dense(8, name="f"), layers.Add(name="add")
    y = add([x, dense(x)])
    units = found(x, add([y, dense(y)]))
    assert [(u.path, u.kind) for u in units] == [
        ("add", "identity"),
        ("add:1", "identity"),
    ]
    assert names(units[1].branches[0]) == ["f:1"]


def chain(blocks, calls):
    """A chain of `3 * blocks * calls` operations: one block model called in a row."""
    a = x = vector()
    for _ in range(blocks):
        x = x + layers.ReLU()(layers.Dense(8)(x))
    block = keras.Model(a, x, name="block")
    inputs = y = vector()
    for _ in range(calls):
        y = block(y)
    return keras.Model(inputs, y)


def seconds(model, units):
    """The processor time of reading, without the collector, whose turns are random."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    kinds = [unit.kind for unit in find_residuals(model)]
    taken = time.process_time() - start
    gc.enable()
    assert kinds == ["identity"] * units
    return taken


def test_twenty_thousand_operations_take_linear_time():
    small, large = chain(200, 9), chain(200, 36)
    one = min(seconds(small, 1_800) for _ in range(3))
    four = min(seconds(large, 7_200) for _ in range(3))
    assert four < 6 * one


def test_a_chain_of_gradual_nesting_needs_no_recursion():
    model = chain(1, 1)
    for _ in range(60):
        x = vector()
        model = keras.Model(x, model(x), name="in")
    (unit,) = find_residuals(model)
    assert unit.path.count("in/") == 60 - 1


def test_a_subclassed_model_is_read_once_it_is_built():
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.f = layers.Dense(8)

        def call(self, x):
            return x + self.f(x)

    model = Own()
    with pytest.raises(ValueError, match=r'"own" \(Own\) is not built'):
        find_residuals(model)
    model(np.zeros((2, 8)))
    (unit,) = find_residuals(model)
    assert (unit.path, unit.kind) == ("add", "identity")


def test_an_unbuilt_sequential_model_is_refused():
    model = keras.Sequential([layers.Dense(8)], name="plain")
    with pytest.raises(ValueError, match='"plain" is not built'):
        find_residuals(model)
    model.build((None, 4))
    assert find_residuals(model) == []


def test_what_is_no_model_is_refused():
    with pytest.raises(
        TypeError, match=r"from a Keras model\.\n  given  str: 'resnet50'"
    ):
        find_residuals("resnet50")
