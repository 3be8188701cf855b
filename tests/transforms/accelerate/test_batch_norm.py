"""The norm is Keras's: forward, gradients and moving statistics, by the equations."""

import itertools

import keras
import numpy as np
import pytest
from gradients import gradients
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_residual as kr

from .models import JAX

pytestmark = pytest.mark.skipif(JAX, reason="JAX: norms are left to XLA")


SHAPES = [((2, 5, 4, 6), -1), ((4, 3), -1), ((3, 7, 2), -1), ((3, 4, 5, 2), 1)]


def reference(layer, x, direction, batch):
    """Ioffe and Szegedy 2015, algorithm 1, and its derivative, in float64."""
    axes = tuple(n for n in range(x.ndim) if n != layer.axis % x.ndim)
    shape = [1] * x.ndim
    shape[layer.axis] = -1
    x, direction = x.astype("float64"), direction.astype("float64")
    held = [
        np.asarray(v, "float64") for v in (layer.moving_mean, layer.moving_variance)
    ]
    mean, variance = (x.mean(axes), x.var(axes)) if batch else held
    gamma = np.asarray(layer.gamma, "float64") if layer.scale else np.ones_like(mean)
    beta = np.asarray(layer.beta, "float64") if layer.center else np.zeros_like(mean)
    slope = (1 / np.sqrt(variance + layer.epsilon)).reshape(shape)
    normal = (x - mean.reshape(shape)) * slope
    of_normal = direction * gamma.reshape(shape)
    if batch:
        shared = of_normal.mean(axes, keepdims=True)
        along = (of_normal * normal).mean(axes, keepdims=True)
        of_normal = of_normal - shared - normal * along
    slopes = [of_normal * slope]
    slopes += [(direction * normal).sum(axes)] if layer.scale else []
    slopes += [direction.sum(axes)] if layer.center else []
    keep = layer.momentum if batch else 1.0
    moved = [
        keep * h + (1 - keep) * s for h, s in zip(held, (mean, variance), strict=True)
    ]
    return normal * gamma.reshape(shape) + beta.reshape(shape), slopes, moved


def close(found, expected, share):
    scale = np.abs(expected).max() + 1e-3
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * scale)


def one_norm(shape, **options):
    inputs = keras.Input(shape[1:])
    layer = keras.layers.BatchNormalization(**options)
    model = keras.Model(inputs, layer(inputs))
    rng = np.random.default_rng(3)
    for weight in layer.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    return model, layer


@settings(max_examples=25)
@given(
    where=st.sampled_from(SHAPES),
    momentum=st.sampled_from([0.0, 0.9, 0.99, 1.0]),
    epsilon=st.sampled_from([1e-5, 1e-3, 0.5]),
    parts=st.sampled_from(list(itertools.product([False, True], repeat=2))),
    trainable=st.booleans(),
    training=st.booleans(),
    shift=st.sampled_from([0.0, 3.0]),
)
def test_the_equations_hold(
    where, momentum, epsilon, parts, trainable, training, shift
):
    (shape, axis), (center, scale) = where, parts
    options = {"momentum": momentum, "epsilon": epsilon}
    model, layer = one_norm(shape, axis=axis, center=center, scale=scale, **options)
    done = kr.accelerate(model)
    assert done.changes or done.left
    layer.trainable = trainable
    rng = np.random.default_rng(4)
    x = (rng.standard_normal(shape) + shift).astype("float32")
    direction = rng.standard_normal(shape).astype("float32")
    batch = training and trainable
    y, slopes, moved = reference(layer, x, direction, batch)
    found, found_slopes = gradients(model, x, direction, training=training)
    close(found, y, 1e-5)
    for ours, theirs in zip(found_slopes, slopes[: len(found_slopes)], strict=True):
        close(ours, theirs, 1e-4)
    for variable, value in zip(layer.weights[-2:], moved, strict=True):
        close(keras.ops.convert_to_numpy(variable), value, 1e-5)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_other_dtypes_are_as_in_keras(dtype):
    model, layer = one_norm((6, 4, 4, 3), dtype=dtype)
    x = np.random.default_rng(5).standard_normal((6, 4, 4, 3))
    before = model.get_weights()
    expected = keras.ops.convert_to_numpy(model(x, training=True)).astype("float64")
    moved = model.get_weights()
    model.set_weights(before)
    kr.accelerate(model)
    found = model(x, training=True)
    assert keras.backend.standardize_dtype(found.dtype) == layer.compute_dtype
    found = keras.ops.convert_to_numpy(found).astype("float64")
    close(found, expected, 1e-5 if dtype == "float64" else 1e-2)
    for ours, theirs in zip(model.get_weights(), moved, strict=True):
        close(ours, theirs, 1e-5)


def test_a_single_value_a_channel_is_left_to_keras():
    """PyTorch's own kernel makes no number of it."""
    model, _ = one_norm((1, 3))
    x = np.ones((1, 3), "float32")
    before = model.get_weights()
    expected = keras.ops.convert_to_numpy(model(x, training=True))
    moved = model.get_weights()
    model.set_weights(before)
    kr.accelerate(model)
    found = keras.ops.convert_to_numpy(model(x, training=True))
    close(found, expected, 1e-5)
    for ours, theirs in zip(model.get_weights(), moved, strict=True):
        close(ours, theirs, 1e-5)


def test_masks_keep_what_they_hide_out_of_the_statistics():
    inputs = keras.Input((5, 2))
    masked = keras.layers.Masking()(inputs)
    norm = keras.layers.BatchNormalization()
    model = keras.Model(inputs, norm(masked))
    x = np.random.default_rng(6).standard_normal((3, 5, 2)).astype("float32")
    x[:, 3:] = 0
    kr.accelerate(model)
    model(x, training=True)
    found = keras.ops.convert_to_numpy(norm.moving_mean)
    np.testing.assert_allclose(found, 0.01 * x[:, :3].mean((0, 1)), rtol=1e-4)


def test_what_no_kernel_does_is_left_with_a_reason():
    def left(**options):
        model, _ = one_norm((2, 4, 4, 3), **options)
        return [one.why for one in kr.accelerate(model).left]

    assert left(renorm=True)
    if keras.config.backend() == "tensorflow":
        assert left(synchronized=True) == [
            "its statistics are synchronised between devices"
        ]
        assert left(axis=1)
    assert left(axis=2)


def test_second_derivatives_exist():
    if keras.config.backend() != "tensorflow":
        pytest.skip("PyTorch: autograd differentiates its own kernels twice")
    import tensorflow as tf

    model, _ = one_norm((4, 3, 3, 2))
    kr.accelerate(model)
    x = tf.random.normal((4, 3, 3, 2))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(model(x, training=True) ** 3)
        slope = tf.reduce_sum(inner.gradient(y, x) ** 2)
    assert np.isfinite(outer.gradient(slope, x)).all()
