"""On TensorFlow, products stand in for convolutions, and kernels for optimizers."""

import keras
import numpy as np
import pytest
from gradients import outputs

import keras_residual as kr

from .models import alike, alike_in_training, pictures, small, twin

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="TensorFlow's own kernels"
)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2, (1, 3)])
@pytest.mark.parametrize(
    ("side", "channels", "size"), [((7, 6), 5, 1), ((3, 4), 128, 3), ((4, 2), 128, 2)]
)
def test_a_product_is_the_convolution(side, channels, size, strides, padding):
    inputs = keras.Input((*side, channels))
    layer = keras.layers.Conv2D(4, size, strides, padding, activation="relu")
    model = keras.Model(inputs, layer(inputs))
    plain = twin(model)
    done = kr.accelerate(model)
    pixels = np.prod(model.output_shape[1:3])
    assert len(done.changes) == (size == 1 or pixels <= (4 if strides == 1 else 16))
    alike_in_training(model, plain)


def test_patches_hold_what_is_not_a_number_to_its_place():
    inputs = keras.Input((2, 2, 128))
    model = keras.Model(inputs, keras.layers.Conv2D(4, 2, padding="same")(inputs))
    assert kr.accelerate(model).changes
    x = np.ones((1, 2, 2, 128), "float32")
    x[0, 0, 0] = np.inf
    found = outputs(model, x, training=True)
    assert not np.isfinite(found[0, 0, 0]).any()
    assert np.isfinite(found[0, 1:]).all()


def test_sizes_that_are_not_known_are_left_to_keras():
    layer = keras.layers.Conv2D(4, 3, padding="same")
    inputs = keras.Input((2, 2, 128))
    model = keras.Model(inputs, layer(inputs))
    assert kr.accelerate(model).changes
    free = keras.Input((None, None, 128))
    assert layer(free, training=True).shape == (None, None, None, 4)


@pytest.mark.parametrize(
    ("side", "channels"), [(3, 128), (2, 64)], ids=["large", "narrow"]
)
def test_what_does_not_pay_is_left(side, channels):
    inputs = keras.Input((side, side, channels))
    model = keras.Model(inputs, keras.layers.Conv2D(4, 3, padding="same")(inputs))
    assert kr.accelerate(model).changes == ()


OPTIMIZERS = {
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "clipped, decayed, averaged": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.CosineDecay(0.05, 5),
        momentum=0.5,
        weight_decay=0.01,
        global_clipnorm=1.0,
        use_ema=True,
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizers_kernel_is_its_formula(name):
    trained = []
    for accelerated in (True, False):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((5,))
        x = keras.layers.BatchNormalization()(inputs)
        model = keras.Model(inputs, keras.layers.Dense(3)(x))
        if accelerated:
            kr.accelerate(model)
        model.compile(OPTIMIZERS[name](), "mse")
        rng = np.random.default_rng(0)
        for _ in range(5):
            x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 3))
            model.train_on_batch(x, y)
        assert ("update_step" in vars(model.optimizer)) is accelerated
        trained.append([*model.get_weights(), *map(np.asarray, slots(model))])
    for ours, theirs in zip(*trained, strict=True):
        alike(ours, theirs)


def slots(model):
    return [variable.value for variable in model.optimizer.variables]


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(0.1),
        keras.optimizers.Adam(),
    ],
    ids=["no momentum", "adam"],
)
def test_other_optimizers_are_left(optimizer):
    model = small()
    kr.accelerate(model)
    model.compile(optimizer, "mse")
    model.train_on_batch(pictures(), np.zeros((6, 4)))
    assert "update_step" not in vars(optimizer)


def test_sparse_gradients_are_left_to_keras():
    trained = []
    for accelerated in (True, False):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((4,), dtype="int32")
        x = keras.layers.Embedding(9, 3)(inputs)
        x = keras.layers.BatchNormalization()(x)
        model = keras.Model(inputs, keras.layers.Flatten()(x))
        if accelerated:
            kr.accelerate(model)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
        model.train_on_batch(np.arange(8).reshape(2, 4), np.ones((2, 12)))
        trained.append(model.get_weights())
    for ours, theirs in zip(*trained, strict=True):
        alike(ours, theirs)


def test_restoring_gives_the_optimizer_back():
    model = small()
    kr.accelerate(model)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.train_on_batch(pictures(), np.zeros((6, 4)))
    kr.restore(model)
    assert "update_step" not in vars(model.optimizer)
    assert "make_train_function" not in vars(model)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_norms_whose_variables_are_halves_are_left(dtype):
    layer = keras.layers.BatchNormalization(dtype=dtype)
    (left,) = kr.accelerate(keras.Sequential([keras.Input((4, 3)), layer])).left
    assert left.why == "the kernel computes in float32"
