"""What a call makes of one example stands for any number of them."""

import keras
import numpy as np
import pytest
from graph.unfolding.making import floats, functional
from keras import layers, ops

import keras_residual as kr

STEPS, WIDTH = 4, 8


class Holding(layers.Layer):
    """Asks for the size of its batch, and adds to its stream."""

    def __init__(self, does, **options):
        super().__init__(name="block", **options)
        self.does, self.dense = does, layers.Dense(WIDTH, name="dense")
        self.join = layers.Add(name="join")
        self.inner = functional((1,), layers.Dense(WIDTH))

    def build(self, shape):
        self.dense.build((None, None, WIDTH))
        self.join.build([(None, STEPS, WIDTH), (None, 1, WIDTH)])
        self.token = self.add_weight(shape=(1, 1, WIDTH), name="token")
        self.unused = self.add_weight(shape=(3,), initializer="ones", name="unused")

    def call(self, x):
        return self.does(self, x, ops.shape(x)[0])


def joined(layer, x, batch):
    token = ops.tile(layer.token, (batch, 1, 1))
    x = ops.concatenate([token, x], axis=1)
    return x + layer.dense(x)


def stretched(layer, x, batch):
    scores = ops.broadcast_to(ops.mean(x, -1, keepdims=True), (batch, STEPS, WIDTH))
    return x + layer.dense(scores)


def shared(layer, x, batch):
    places = ops.broadcast_to(layer.token, (batch, STEPS, WIDTH))
    return x + layer.dense(ops.einsum("BSd,BTd->BST", x, places) @ x)


def in_windows(layer, x, batch):
    y = ops.reshape(x, (batch * 2, STEPS // 2, WIDTH))
    return x + layer.dense(ops.reshape(y - y[:, :1], (batch, STEPS, WIDTH)))


def flat(layer, x, batch):
    y = layer.dense(ops.reshape(x, (batch * STEPS, WIDTH)))
    return x + ops.reshape(y, (batch, STEPS, WIDTH))


def doubled(layer, x, batch):
    y = layer.join([ops.concatenate([x, x], axis=0), layer.token])
    y = ops.reshape(layer.dense(y), (ops.shape(y)[0] // 2, 2, STEPS, WIDTH))
    return x + ops.mean(y, axis=1)


def adjusted(layer, x, batch):
    mean = ops.mean(x, axis=(1, 2))
    less, more = layer.inner(mean), layer.inner(ops.reshape(mean, (batch, 1, 1)))
    return x + ops.expand_dims(less * more, 1)


def boxed(layer, x, batch):
    boxes = keras.utils.bounding_boxes.convert_format(x[..., :4], "xyxy", "xywh")
    return x + layer.dense(ops.concatenate([boxes, boxes], axis=-1))


WAYS = [joined, stretched, shared, in_windows, flat, doubled, adjusted, boxed]


@pytest.mark.parametrize("does", WAYS)
def test_a_call_that_asks_for_its_batch_takes_any(does):
    inputs = keras.Input((STEPS, WIDTH))
    model = keras.Model(inputs, Holding(does)(inputs))

    unfolded = kr.unfold(model)

    assert not unfolded.closed, unfolded
    assert [one.path for one in kr.find_residuals(unfolded.model)] == ["block/add"]
    x = floats(5, STEPS, WIDTH)
    answers = [one.predict_on_batch(x) for one in (model, unfolded.model)]
    np.testing.assert_allclose(*answers, rtol=1e-5, atol=1e-6)


class Both(layers.Layer):
    """Returns one tensor in two places."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = layers.Dense(WIDTH)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        y = x + self.dense(x)
        return {"one": y, "two": [y, y]}


class Returning(keras.Model):
    """Hands on what it is handed."""

    def __init__(self, **options):
        super().__init__(**options)
        self.both = Both(name="both")

    def call(self, x):
        made = self.both(x)
        return {**made, "again": made["two"][1]}


def test_a_tensor_that_is_returned_twice_stands_in_both_places():
    model, x = Returning(), floats(5, WIDTH)
    before = model(x)

    opened = kr.unfold(model, x).model

    assert [one.path for one in kr.find_residuals(opened)] == ["both/add"]
    keras.tree.map_structure(
        lambda one, other: np.testing.assert_allclose(
            *map(ops.convert_to_numpy, (one, other)), rtol=1e-5, atol=1e-6
        ),
        before,
        opened(x),
    )


def test_weights_that_a_call_does_not_use_are_kept(tmp_path):
    inputs = keras.Input((STEPS, WIDTH))
    model = keras.Model(inputs, Holding(flat)(inputs))

    opened = kr.unfold(model).model

    held = {id(one) for one in opened.weights}
    assert all(id(one) in held for one in model.weights)
    opened.save(tmp_path / "opened.keras")
    again = keras.saving.load_model(tmp_path / "opened.keras")
    shapes = [sorted(map(tuple, _shapes(one))) for one in (again, model)]
    assert shapes[0] == shapes[1]
    assert any(np.array_equal(one, np.ones(3)) for one in again.get_weights())


def _shapes(model):
    return [one.shape for one in model.weights]


class Lying(layers.Layer):
    """Says another shape than it returns; Keras asks for none where it computes."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = layers.Dense(WIDTH)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        return ops.mean(self.dense(x), axis=1, keepdims=True)

    def compute_output_shape(self, shape):
        return (shape[0], STEPS, 2 * WIDTH)


def test_a_layer_that_says_a_wrong_shape_is_asked_by_its_call():
    def does(layer, x, batch):
        return x + layer.dense(layer.lying(x))

    inputs = keras.Input((STEPS, WIDTH))
    block = Holding(does)
    block.lying = Lying(name="lying")
    block.lying.build((None, STEPS, WIDTH))
    unfolded = kr.unfold(keras.Model(inputs, block(inputs)))
    assert not unfolded.closed, unfolded
    assert [one.path for one in kr.find_residuals(unfolded.model)] == ["block/add"]


class Training(layers.Layer):
    """Has no unit, and drops in training alone."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense, self.dropout = layers.Dense(WIDTH), layers.Dropout(0.5)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x, training=None):
        y = self.dense(x)
        return self.dropout(y, training=training) if training else y


def test_what_is_known_at_one_size_is_not_held_against_another():
    def does(layer, x, batch):  # which one example does not show
        return x + layer.training(x) * ops.cast(batch, "float32")

    inputs = keras.Input((STEPS, WIDTH))
    block = Holding(does)
    block.training = Training(name="training")
    block.training.build((None, STEPS, WIDTH))
    unfolded = kr.unfold(keras.Model(inputs, block(inputs)))
    assert not unfolded.closed, unfolded
    assert unfolded.sizes == ((2, STEPS, WIDTH),)
    assert unfolded.whole == ("block/training",)
