"""What looking at a model runs, finds, leaves as it is, and does not look into."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr


class Places(layers.Layer):
    """Reads tokens for their shape alone, as keras-hub's position embedding does."""

    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:], initializer="random_normal")

    def call(self, x):
        return keras.ops.broadcast_to(self.table, keras.ops.shape(x))


class Waves(layers.Layer):
    """Sines of the place, as the first transformer adds them."""

    def call(self, x):
        steps = keras.ops.arange(x.shape[1], dtype="float32")[:, None]
        return keras.ops.zeros_like(x) + keras.ops.sin(steps)


class Half(layers.Layer):
    """A change that does depend on the tokens."""

    def call(self, x):
        return 0.5 * x


@pytest.mark.parametrize(
    ("place", "count"),
    [
        (Places(), 0),
        (Waves(), 0),
        (lambda t: layers.Dropout(0.1)(Places()(t)), 0),
        (lambda t: layers.Dense(4)(keras.ops.ones_like(t)), 0),
        (Half(), 1),
        (lambda t: layers.Dense(4)(Half()(t)), 1),
    ],
)
def test_an_embedding_of_places_is_no_branch(place, count):
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(9, 4)(tokens)
    units = kr.find_residuals(keras.Model(tokens, layers.Add()([x, place(x)])))
    assert len(units) == count


class Counting(layers.Layer):
    """Counts its calls, in a weight and in an attribute."""

    def build(self, shape):
        self.calls, self.seen = 0, self.add_weight(initializer="zeros", name="seen")

    def call(self, a, b=None):
        self.calls += 1
        self.seen.assign_add(1.0)
        return a if b is None else a + b


def test_looking_leaves_the_model_as_it_is():
    x = keras.Input((4,))
    counting, alone = Counting(), Counting()
    y = alone(layers.Dense(4)(x))
    model = keras.Model(x, counting(x, y))
    model.compile("sgd", "mse")
    before = [
        (each.calls, float(keras.ops.convert_to_numpy(each.seen)))
        for each in (counting, alone)
    ]
    kr.find_residuals(model)
    kr.check(model)
    kr.draw(model)
    kr.measure(model, (np.ones((3, 4)), np.ones((3, 4))), columns="all")
    after = [
        (each.calls, float(keras.ops.convert_to_numpy(each.seen)))
        for each in (counting, alone)
    ]
    assert after == before


def whole(part):
    """A model in which another stands, closed or not."""
    frames = keras.Input((3, 8))
    return keras.Model(frames, layers.Dense(2)(part(frames)))


class Holder(layers.Layer):
    """A custom layer that is made of a layer."""

    def __init__(self):
        super().__init__(name=type(self).__name__.lower())
        self.inner = layers.Dense(8)

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return x + self.inner(x)


class Branching(Holder):
    """A layer whose call no graph can hold."""

    def call(self, x):
        y = self.inner(x)
        return x + y if keras.ops.max(y) < 1e9 else x

    def compute_output_shape(self, shape):
        return shape


class Picky(Holder):
    """A layer that runs on batches of five alone."""

    def call(self, x):
        if x.shape[0] not in (None, 1, 5):
            raise ValueError("it takes five")
        return x + self.inner(x)

    def compute_output_shape(self, shape):
        return shape


def test_a_model_that_cannot_be_compared_is_read_as_it_stands():
    x = keras.Input((3, 8))
    y = layers.Add(name="add")([x, layers.Dense(8)(x)])
    model = keras.Model(x, Picky()(y))
    units = kr.find_residuals(model)
    assert ([unit.path for unit in units], units.closed) == (["add"], ("picky",))
    (finding,) = kr.check(model, select=["KR109"])
    assert "its model cannot be opened" in finding.message


def timed():
    x = keras.Input((8,))
    block = keras.Model(x, layers.Add(name="add")([x, layers.Dense(8)(x)]), name="net")
    return layers.TimeDistributed(block, name="timed")


@pytest.mark.parametrize(
    ("make", "path"),
    [(timed, "timed/net/add"), (Holder, "holder/add")],
)
def test_what_layers_hide_is_looked_into(make, path):
    model = whole(make())
    units = kr.find_residuals(model)
    assert ([unit.path for unit in units], units.closed) == ([path], ())
    table = kr.measure(model, np.ones((2, 3, 8)))
    assert [row.unit for row in table.rows] == [path]


@pytest.mark.parametrize(
    ("make", "closed"),
    [
        (Branching, ("branching",)),
        (lambda: layers.TimeDistributed(Branching(), name="t"), ("t/branching",)),
        (lambda: layers.TimeDistributed(layers.Dense(8)), ()),
        (lambda: layers.Bidirectional(layers.LSTM(4, return_sequences=True)), ()),
        (lambda: lambda x: layers.MultiHeadAttention(2, 4)(x, x), ()),
        (lambda: layers.RNN(layers.LSTMCell(4), return_sequences=True), ()),
    ],
)
def test_what_is_not_looked_into_is_said(make, closed):
    model = whole(make())
    units = kr.find_residuals(model)
    assert units == []
    assert units.closed == closed
    said = [
        repr(units),
        kr.draw(model),
        str(kr.measure(model, np.ones((2, 3, 8)))),
        repr(kr.measures.cka(model, np.ones((4, 3, 8)))),
        *[finding.path for finding in kr.check(model, select=["KR109"])],
    ]
    assert len(said) == 4 + len(closed)
    for name in closed:
        assert all(name in each for each in said)
