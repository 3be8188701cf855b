"""On TensorFlow, products stand in for 1×1 convolutions, and kernels for optimizers."""

import keras
import numpy as np
import pytest

import keras_residual as kr

from .models import alike, alike_in_training, pictures, small, twin

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="TensorFlow's own kernels"
)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2, (1, 3)])
def test_a_product_is_the_convolution(strides, padding):
    inputs = keras.Input((7, 6, 5))
    layer = keras.layers.Conv2D(4, 1, strides, padding, activation="relu")
    model = keras.Model(inputs, layer(inputs))
    plain = twin(model)
    (change,) = kr.accelerate(model).changes
    assert change.what == "matrix product in training"
    alike_in_training(model, plain)


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
