"""What cannot stand in a graph stays closed, and is named with the reason."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_residual as kr


class Holding(layers.Layer):
    """Holds a layer, and does something that no graph holds."""

    def __init__(self, does, **options):
        super().__init__(name="closed", **options)
        self.does, self.dense = does, layers.Dense(4, name="dense")
        self.seeds = keras.random.SeedGenerator(3)

    def build(self, shape):
        self.dense.build(shape)
        self.count = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="count"
        )

    def compute_output_shape(self, shape):
        return shape

    def call(self, x):
        return self.does(self, x)


def branch(layer, x):
    return x + layer.dense(x) if ops.sum(x) > 0 else x


def steps(layer, x):
    for _ in range(30):
        x = x + layer.dense(x)
    return x


def condition(layer, x):
    return ops.cond(ops.sum(x) > 0, lambda: x + layer.dense(x), lambda: x * 1.0)


def loop(layer, x):
    kernel = ops.convert_to_tensor(np.full((4, 4), 0.1, "float32"))
    y = ops.fori_loop(0, 2, lambda i, y: y + ops.matmul(y, kernel), x)
    return y + layer.dense(y)


def scan(layer, x):
    _, y = ops.scan(lambda c, one: (c, one + c), ops.zeros((4,)), x)
    return x + layer.dense(y)


def assign(layer, x):
    layer.count.assign_add(1.0)
    return x + layer.dense(x)


def seeded(layer, x):
    return x + layer.dense(x) + 0 * keras.random.normal((4,), seed=layer.seeds)


def fixed(layer, x):
    return x + layer.dense(x) + keras.random.normal((4,), seed=7)


def dropped(layer, x):
    return x + keras.random.dropout(layer.dense(x), 0.5, seed=3)


def unseeded(layer, x):
    return x + layer.dense(x) + keras.random.normal((4,))


def in_numpy(layer, x):
    return x + layer.dense(x) * ops.convert_to_numpy(x).ndim


REASONS = {
    "branch": (branch, "its call branches on values"),
    "steps": (steps, 'it calls "dense" 30 times, which is a loop over steps'),
    "cond": (condition, "its call hands a function to keras.ops"),
    "fori_loop": (loop, "its call hands a function to keras.ops"),
    "scan": (scan, "its call hands a function to keras.ops"),
    "assign": (assign, "its call writes its own state"),
    "seeded": (seeded, "its call draws random numbers, or writes its state"),
    "unseeded": (unseeded, "its call draws random numbers, or writes its state"),
    "fixed seed": (fixed, "its call draws random numbers with a fixed seed"),
    "fixed dropout": (dropped, "its call draws random numbers with a fixed seed"),
    "numpy": (in_numpy, "its call computes in NumPy"),
}


def model_of(layer):
    x = keras.Input((4,))
    return keras.Model(x, layer(layers.Dense(4)(x)))


def numbers(values):
    return [np.array(ops.convert_to_numpy(one)) for one in values]


@pytest.mark.parametrize("name", REASONS)
def test_a_closed_layer_says_why_and_computes_the_same(name):
    does, reason = REASONS[name]
    model = model_of(Holding(does))
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    before = numbers(model.variables)

    unfolded = kr.unfold(model)

    for old, new in zip(before, numbers(model.variables), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [*unfolded.closed] == ["closed"]
    assert unfolded.closed["closed"].startswith(reason), unfolded
    if name != "unseeded":
        after = [numbers([one(x)])[0] for one in (model, unfolded.model)]
        np.testing.assert_allclose(*after, rtol=1e-6, atol=1e-6)


def test_an_output_that_is_regularised_stays_closed():
    layer = Holding(lambda me, x: x + me.dense(x), activity_regularizer="l2")
    unfolded = kr.unfold(model_of(layer))
    assert dict(unfolded.closed) == {"closed": "its output is regularised"}


def test_other_layers_are_opened_beside_a_closed_one():
    x = keras.Input((4,))
    open_one = Holding(lambda me, x: x + me.dense(x))
    open_one.name = "open"
    unfolded = kr.unfold(keras.Model(x, Holding(branch)(open_one(x))))
    assert [*unfolded.opened] == ["open"]
    assert [*unfolded.closed] == ["closed"]


def test_a_model_that_draws_with_a_fixed_seed_says_so():
    class Drawing(keras.Model):
        def call(self, x):
            return x + keras.random.normal((4,), seed=7)

    model = Drawing()
    model.build((None, 4))
    with pytest.raises(kr.ResidualError, match="random numbers with a fixed seed"):
        kr.unfold(model)


def test_gradients_that_the_model_itself_lacks_are_told():
    class Rounded(layers.Layer):
        def call(self, x):
            return ops.convert_to_tensor(np.round(ops.convert_to_numpy(x)))

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape, x.dtype)

    x = keras.Input((4,))
    block = Holding(lambda me, x: x + me.dense(x))
    assert kr.unfold(keras.Model(x, block(x))).notes == ()
    x = keras.Input((4,))
    analysis = kr.Analysis(keras.Model(x, Rounded()(block(x))))
    assert [one.path for one in analysis.units] == ["closed/add"]
    if keras.backend.backend() == "tensorflow":  # to which the rest is a constant
        assert analysis.notes == ()
    else:
        (note,) = analysis.notes
        assert note.startswith("gradients were not compared"), note
