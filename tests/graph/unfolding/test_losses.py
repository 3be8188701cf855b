"""The losses that layers add in their calls are kept when they are opened."""

import keras
import numpy as np
import pytest
from graph.unfolding.making import floats
from keras import layers, ops

import keras_residual as kr

WIDTH, STEPS = 4, 3


class Sharing(layers.Layer):
    """Adds a loss: always, in training, or another in training."""

    def __init__(self, when, **options):
        super().__init__(**options)
        self.when, self.gate, self.dense = when, layers.Dense(2), layers.Dense(WIDTH)

    def build(self, shape):
        self.gate.build(shape)
        self.dense.build((*shape[:-1], 2))

    def call(self, x, by=None, training=None):
        gate = self.gate(x)
        if training or self.when != "in training":
            more = 2.0 if training and self.when == "more" else 1.0
            by = ops.ones_like(gate) if by is None else by[..., :2]
            self.add_loss(more * ops.mean(ops.square(gate) * by))
        return x + self.dense(ops.tanh(gate))


class Outer(keras.Model):
    """Adds a loss of its own beside the one inside, from a layer that does else."""

    def __init__(self, when, **options):
        super().__init__(**options)
        self.when, self.inner = when, Sharing(when, name="inner")

    def call(self, x, training=None):
        y = self.inner(x, 2.0 * x, training=training)
        if training or self.when == "always":
            self.add_loss(ops.sum(ops.abs(y)))
        return y + ops.tanh(y)


def functional(when):
    x = keras.Input((STEPS, WIDTH))
    y = Sharing(when, name="one")(x)
    return keras.Model(x, layers.Dense(2)(Sharing(when, name="two")(y)))


def subclassed(when):
    model = Outer(when)
    model(floats(2, STEPS, WIDTH))
    return model


def losses(model, *, training):
    scope = keras.StatelessScope(collect_losses=True)
    with scope:
        model(floats(5, STEPS, WIDTH), training=training)
    return sorted(float(ops.convert_to_numpy(one)) for one in scope.losses)


@pytest.mark.parametrize("make", [functional, subclassed])
@pytest.mark.parametrize("when", ["always", "in training"])
def test_losses_are_added_where_the_layer_adds_them(make, when):
    model = make(when)

    unfolded = kr.unfold(model)

    assert not unfolded.closed, unfolded
    for training in (False, True):
        own = losses(model, training=training)
        assert len(own) == (0 if when == "in training" and not training else 2)
        np.testing.assert_allclose(
            losses(unfolded.model, training=training), own, rtol=1e-5
        )


def test_they_are_no_part_of_a_unit():
    units = kr.find_residuals(functional("always"))
    assert [one.path for one in units] == ["one/add", "two/add"]
    table = kr.measure(functional("always"), floats(4, STEPS, WIDTH), progress=False)
    assert np.isfinite(table["ratio"]).all()


def test_what_is_opened_trains_and_is_saved_with_them(tmp_path):
    opened = kr.unfold(functional("in training")).model
    opened.save(tmp_path / "opened.keras")
    again = keras.saving.load_model(tmp_path / "opened.keras")
    own = losses(opened, training=True)
    np.testing.assert_allclose(losses(again, training=True), own, rtol=1e-5)

    before = [np.array(one) for one in opened.get_weights()]
    again.compile("sgd", "mse")
    again.train_on_batch(floats(5, STEPS, WIDTH), again(floats(5, STEPS, WIDTH)))
    changed = [
        not np.array_equal(*pair)
        for pair in zip(before, again.get_weights(), strict=True)
    ]
    assert any(changed)  # by the added losses alone


def test_another_loss_in_training_leaves_the_layer_closed():
    unfolded = kr.unfold(functional("more"))
    reason = "its call does something else in training"
    assert dict(unfolded.closed) == {"one": reason, "two": reason}
