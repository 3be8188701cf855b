"""What a user does to an accelerated model later counts as if it were plain."""

import keras
import numpy as np
import pytest
from gradients import outputs

import keras_residual as kr

from .models import JAX, TORCH, alike, pictures, small, twin, unsettled


def test_settings_that_change_later_are_seen():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.Conv2D(4, 1, name="point")(x)
    model = unsettled(keras.Model(inputs, x))
    kr.accelerate(model)
    x = pictures()

    def same():
        found = outputs(model, x, training=False)
        alike(found, outputs(twin(model), x, training=False))

    model.get_layer("relu").negative_slope = 0.5
    same()
    model.get_layer("conv").activation = keras.activations.linear
    same()
    model.get_layer("point").enable_lora(2)
    model.get_layer("point").lora_kernel_b.assign(np.ones((2, 4)))
    found = outputs(model, x, training=False)
    kr.restore(model)
    alike(found, outputs(model, x, training=False))
    alike(outputs(kr.accelerate(model).model, x, training=False), found)


CHANGES = {
    "padding of zeros": ("pad", "padding", ((2, 2), (0, 0))),
    "uneven zeros": ("pad", "padding", ((2, 0), (1, 1))),
    "padding of a convolution": ("conv", "padding", "same"),
    "strides of a convolution": ("conv", "strides", (2, 2)),
    "strides of a pool": ("pool", "strides", (2, 2)),
    "window of a pool": ("pool", "pool_size", (3, 3)),
    "padding of a pool": ("pool", "padding", "same"),
    "epsilon of a norm": ("norm", "epsilon", 0.5),
}


@pytest.mark.parametrize(("name", "setting", "value"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("called", [False, True], ids=["not yet called", "called"])
def test_a_setting_that_changes_later_is_minded(name, setting, value, called):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.ZeroPadding2D(1, name="pad")(inputs)
    x = keras.layers.Conv2D(4, 3, name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU()(x)
    x = keras.layers.MaxPooling2D(2, 1, name="pool")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1)(x))
    plain = unsettled(keras.Model(inputs, x))
    model, x = twin(plain), pictures()
    kr.accelerate(model)
    if called:
        model(x, training=False)
    for one in (plain, model):
        setattr(one.get_layer(name), setting, value)
    alike(outputs(model, x, training=False), outputs(plain, x, training=False))


class Doubled(keras.layers.Conv2D):
    def call(self, inputs):
        return 2 * super().call(inputs)


def doubled(conv):
    conv.__class__ = Doubled


def own_convolution(conv):
    conv.convolution_op = lambda x, kernel: keras.ops.conv(x, 2 * kernel)


LATER = {
    "dilation": lambda conv: setattr(conv, "dilation_rate", (2, 2)),
    "dilation as a number": lambda conv: setattr(conv, "dilation_rate", 2),
    "padding in capitals": lambda conv: setattr(conv, "padding", "SAME"),
    "what convolves": own_convolution,
    "the class": doubled,
}


@pytest.mark.parametrize("change", LATER.values(), ids=LATER)
def test_what_a_product_takes_for_granted_may_change_later(change):
    """Each backend computes this convolution in its own way, at least in training."""
    inputs = keras.Input((3, 3, 128))
    x = keras.layers.Conv2D(4, 2, name="conv")(inputs)
    plain = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    model, x = twin(plain), pictures(2, (3, 3, 128))
    assert kr.accelerate(model).changes
    for one in (plain, model):
        change(one.get_layer("conv"))
    alike(outputs(model, x, training=True), outputs(plain, x, training=True))


class Resting(keras.layers.Layer):
    """Counts its calls wherever something can be counted; cannot be trained."""

    def __init__(self):
        super().__init__()
        self.mean, self.calls = keras.metrics.Mean(), 0

    def build(self, shape):
        self.count = self.add_weight(initializer="zeros")  # trained, for Keras

    def call(self, x, training=False):
        if training:
            raise ValueError("Not now. Or later.")
        self.mean.update_state(x)
        self.count.assign(self.count + 1.0)
        self.calls += 1
        return x


def test_what_is_compared_leaves_states_and_counters():
    inputs = keras.Input(batch_shape=(2, 3, 8))
    lstm = keras.layers.LSTM(4, stateful=True, return_sequences=True)
    counting = Resting()
    x = keras.layers.Bidirectional(lstm)(counting(inputs))
    x = keras.layers.Conv2D(4, 1)(keras.layers.Reshape((3, 1, 8))(x))
    model = keras.Model(inputs, keras.layers.BatchNormalization()(x))
    model(np.ones((2, 3, 8)))
    state = [*model.variables, *model.metrics_variables, *model.layers[2].states]
    before = [np.array(keras.ops.convert_to_numpy(one)) for one in state]
    with pytest.raises(ValueError, match=r"which says: Not now\.\n"):
        kr.accelerate(model)
    kr.accelerate(model, use="inference")
    for old, new in zip(before, state, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(new), old)
    assert counting.calls == 2  # one to make the graph, one above


@pytest.mark.parametrize("name", ["conv", "norm", "relu"])
def test_an_activity_regulariser_that_comes_later_adds_its_loss(name):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, name="conv")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="relu")(x)
    plain = unsettled(keras.Model(inputs, keras.layers.Conv2D(4, 1)(x)))
    model, x = twin(plain), pictures()
    kr.accelerate(model)
    losses = []
    for one in (plain, model):
        one.get_layer(name).activity_regularizer = keras.regularizers.L2(0.1)
        one(x, training=False)
        losses.append([keras.ops.convert_to_numpy(loss) for loss in one.losses])
    assert len(losses[0]) == 1
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


def test_answers_and_training_between_each_other():
    """A gradient through an answer reads the statistics that it was made with."""
    if JAX:
        pytest.skip("JAX differentiates functions, not what was computed before")
    norms = []
    for accelerated in (True, False):
        keras.utils.set_random_seed(0)
        model = unsettled(small())
        if accelerated:
            kr.accelerate(model)
        norms.append(consistency_gradients(model))
    for ours, theirs in zip(*norms, strict=True):
        alike(ours, theirs, 1e-4)


def consistency_gradients(model):
    x = pictures()
    weights = [variable.value for variable in model.trainable_variables[:3]]
    if TORCH:
        import torch

        answer = model(torch.from_numpy(x), training=False)
        model(torch.from_numpy(x), training=True)
        loss = (answer**2).mean()
        return [slope.numpy() for slope in torch.autograd.grad(loss, weights)]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        answer = model(x, training=False)
        model(x, training=True)
        loss = tf.reduce_mean(answer**2)
    return [slope.numpy() for slope in tape.gradient(loss, weights)]


def test_what_is_not_finite_is_never_proven():
    from keras_residual.transforms.accelerate.comparing import _worst

    old = {"a": np.ones(2), "b": np.ones(2)}
    for new in ({**old, "b": np.array([1.0, np.nan])}, {"a": np.ones(2)}):
        moved = dict.fromkeys(old, 0.0)
        assert not _worst("gradients", old, new, moved, tolerance=1e-5).holds
