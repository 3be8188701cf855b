"""Sums that only turn a point, or walk along its steps, are no residual units."""

import keras
from keras import layers, ops

import keras_residual as kr

STEPS, WIDTH = 4, 8


class Angles(layers.Layer):
    """Returns the cosine and the sine of positions, of which it reads the number."""

    def __init__(self, **options):
        super().__init__(**options)
        self.speed = self.add_weight(shape=(WIDTH // 2,), trainable=False)

    def call(self, x):
        places = ops.arange(x.shape[1], dtype="float32")
        angles = ops.tile(places[:, None] * self.speed, (1, 2))[None]
        return ops.concatenate([ops.cos(angles), ops.sin(angles)], axis=-1)


class Turning(layers.Layer):
    """Attention without heads, with rotary positions."""

    def __init__(self, **options):
        super().__init__(**options)
        self.query, self.key = layers.Dense(WIDTH), layers.Dense(WIDTH)
        self.angles = Angles()

    def build(self, shape):
        self.query.build(shape)
        self.key.build(shape)

    def turned(self, x, angles):
        rotated = ops.concatenate([-x[..., WIDTH // 2 :], x[..., : WIDTH // 2]], -1)
        return x * angles[..., :WIDTH] + rotated * angles[..., WIDTH:]

    def call(self, x):
        query, key = self.query(x), self.key(x)
        angles = self.angles(query)
        query, key = self.turned(query, angles), self.turned(key, angles)
        scores = ops.softmax(query @ ops.swapaxes(key, 1, 2))
        return x + scores @ x


class Walking(layers.Layer):
    """Updates rows one after the other by those before, as a delta rule does."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = layers.Dense(STEPS)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        rows = ops.tanh(self.dense(x))
        for k in range(1, STEPS):
            row, above = rows[:, k : k + 1, :k], rows[:, :k, :k]
            new = row + ops.sum(ops.swapaxes(row, 1, 2) * above, 1, keepdims=True)
            rest = [rows[:, :k], rows[:, k + 1 :]]
            new = ops.concatenate([new, rows[:, k : k + 1, k:]], axis=-1)
            rows = ops.concatenate([rest[0], new, rest[1]], axis=1)
        return x + rows @ x


class Adding(Walking):
    """Adds up rows in more steps than layers have calls."""

    def call(self, x):
        rows = self.dense(x)
        for _ in range(30):
            new = rows[:, 1:] + rows[:, :-1]
            rows = ops.concatenate([rows[:, :1], new], axis=1)
        return rows


def units(layer):
    inputs = keras.Input((STEPS, WIDTH))
    model = keras.Model(inputs, layer(layers.Dense(WIDTH)(inputs)))
    unfolded = kr.unfold(model)
    assert not unfolded.closed, unfolded
    return [one.path for one in kr.find_residuals(unfolded.model)]


def test_a_rotary_embedding_is_no_unit():
    assert units(Turning(name="turning")) == ["turning/add_2"]


def test_steps_that_are_added_one_after_the_other_are_no_units():
    assert units(Walking(name="walking")) == [f"walking/add_{STEPS - 1}"]


def test_a_layer_of_many_steps_and_no_unit_stays_whole():
    inputs = keras.Input((STEPS, WIDTH))
    unfolded = kr.unfold(keras.Model(inputs, Adding(name="adding")(inputs)))
    assert (unfolded.whole, dict(unfolded.opened)) == (("adding",), {})


def test_a_learned_change_of_a_scaled_stream_is_a_unit():
    inputs = keras.Input((WIDTH,))
    gain = kr.layers.Weight(shape=(WIDTH,), name="gain")(inputs)
    both = inputs * gain + layers.Dense(WIDTH)(inputs) * gain
    assert len(kr.find_residuals(keras.Model(inputs, both))) == 1
    assert not kr.find_residuals(
        keras.Model(inputs, inputs * gain + ops.tanh(inputs) * gain)
    )
