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
    from keras_residual.rewrite.accelerate.side_by_side import _worst

    old = {"a": np.ones(2), "b": np.ones(2)}
    for new in ({**old, "b": np.array([1.0, np.nan])}, {"a": np.ones(2)}):
        moved = dict.fromkeys(old, 0.0)
        assert not _worst("gradients", old, new, moved, tolerance=1e-5).holds
