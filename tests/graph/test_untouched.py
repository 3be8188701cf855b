"""Layers that write into themselves run, and nothing of it stays."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.graph.untouched import state_kept, untouched


class Counting(layers.Layer):
    """Counts calls in a weight, a state, a metric, two attributes; adds a loss."""

    calls = 0

    def __init__(self, **options):
        super().__init__(**options)
        self.seen, self.mean = [], keras.metrics.Mean()

    def build(self, shape):
        self.weight = self.add_weight(shape=(), initializer="zeros", name="weight")
        self.state = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.weight.assign_add(1.0)
        self.state.assign(self.state + 1)
        self.mean.update_state(x)
        self.calls += 1
        self.seen.append(x.shape)
        self.last = "called"
        self.add_loss(keras.ops.sum(x))
        return x + self.state


def contents(model):
    return [
        np.array(keras.ops.convert_to_numpy(v))
        for v in model.variables + model.metrics_variables
    ]


@pytest.fixture
def model():
    x = keras.Input(batch_shape=(2, 3, 4))
    inner = keras.Sequential([keras.Input((3, 4)), Counting(name="count")])
    y = layers.LSTM(4, stateful=True)(layers.Dropout(0.5)(inner(x)))
    return keras.Model(x, y)


def test_nothing_of_a_call_stays(model):
    count = model.layers[1].get_layer("count")
    model(np.ones((2, 3, 4)))
    before, calls, losses = contents(model), count.calls, len(model.losses)
    del count.last
    with untouched(model) as scope:
        for _ in range(2):
            model(np.ones((2, 3, 4)), training=True)
        assert float(scope.get_current_value(count.state)) == before[1] + 2
    for old, new in zip(before, contents(model), strict=True):
        np.testing.assert_array_equal(old, new)
    assert (count.calls, len(count.seen), len(model.losses)) == (calls, calls, losses)
    assert not hasattr(count, "last")


def test_nothing_of_a_compiled_call_stays(model):
    count = model.layers[1].get_layer("count")
    model(np.ones((2, 3, 4)))
    lstm = model.layers[-1]
    states = [np.array(keras.ops.convert_to_numpy(one)) for one in lstm.states]
    before, calls = contents(model), count.calls
    with state_kept(model):
        model.predict_on_batch(np.ones((2, 3, 4)))
    for old, new in zip(before, contents(model), strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(states, lstm.states, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(new))
    assert (count.calls, len(count.seen)) == (calls, calls)


def test_each_run_starts_from_what_the_model_holds(model):
    given = np.random.default_rng(0).random((2, 3, 4), "float32")
    made = []
    for _ in range(2):
        with untouched(model):
            made.append(keras.ops.convert_to_numpy(model(given)))
    np.testing.assert_array_equal(*made)


def fail(model):
    with untouched(model):
        model(np.ones((2, 3, 4)))
        raise RuntimeError("stop")


def test_what_is_raised_goes_on_and_nothing_stays(model):
    before = contents(model)
    with pytest.raises(RuntimeError, match="stop"):
        fail(model)
    for old, new in zip(before, contents(model), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_function_and_an_operation_are_taken():
    x = keras.Input((4,))
    count = Counting()
    function = keras.Function(x, keras.ops.exp(count(x)))
    with untouched(function, keras.ops.relu):
        function(np.ones((2, 4)))
    assert float(count.state) == 0


def test_what_a_call_makes_does_not_wait_for_another_scope():
    """Keras's generator of all seeds, which the first call without a seed makes."""
    waiting = keras.src.backend.common.global_state.get_global_attribute
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    with untouched():
        first = keras.random.normal((2,))
    assert not waiting("uninitialized_variables")
    assert first.shape == (2,)
    keras.random.normal((2,))
