"""Accelerated for inference: calls that train are Keras's own, to the bit."""

import keras
import numpy as np
import pytest
from gradients import gradients, outputs

import keras_residual as kr

from .models import TORCH, alike, pictures, small, twin, unsettled


def pair():
    model = unsettled(small())
    plain = twin(model)
    return model, plain, kr.accelerate(model, use="inference")


def test_answers_are_the_same():
    model, plain, done = pair()
    assert done.changes
    assert {c.output for c in done.proof.comparisons} == {"output 0"}
    x = pictures()
    alike(model.predict(x, verbose=0), plain.predict(x, verbose=0))
    alike(outputs(model, x, training=False), outputs(plain, x, training=False))


def test_training_is_kerass_own():
    model, plain, _ = pair()
    x, direction = pictures(), np.ones((6, 4), "float32")
    found, slopes = gradients(model, x, direction, training=True)
    expected, others = gradients(plain, x, direction, training=True)
    np.testing.assert_array_equal(found, expected)
    for ours, theirs in zip(slopes, others, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_gradients_in_inference_exist():
    model, plain, _ = pair()
    x, direction = pictures(), np.ones((6, 4), "float32")
    _, found = gradients(model, x, direction, training=False)
    _, expected = gradients(plain, x, direction, training=False)
    for ours, theirs in zip(found, expected, strict=True):
        alike(ours, theirs, 1e-4)


def test_new_weights_are_seen():
    model, _, _ = pair()
    x, y = pictures(), np.zeros((6, 4))
    other = unsettled(small(), seed=7)
    model.predict(x, verbose=0)
    model.set_weights(other.get_weights())
    alike(model.predict(x, verbose=0), other.predict(x, verbose=0))
    for each in (model, other):
        each.compile(keras.optimizers.SGD(1e-3, momentum=0.9), "mse")
        each.fit(x, y, verbose=0)
    alike(model.predict(x, verbose=0), other.predict(x, verbose=0), 1e-4)


@pytest.mark.skipif(not TORCH, reason="other backends pack no kernels")
def test_kernels_are_packed_once(monkeypatch):
    from keras_residual.transforms.accelerate import torch_kernels

    model, _, _ = pair()
    packs, pack = [], torch_kernels._pack
    monkeypatch.setattr(
        torch_kernels, "_pack", lambda *given: packs.append(1) or pack(*given)
    )
    convolutions = sum(type(layer) is keras.layers.Conv2D for layer in model.layers)
    for assigned in (1, 2):
        model.set_weights(model.get_weights())
        for _ in range(2):
            model.predict(pictures(), verbose=0)
            assert len(packs) == assigned * convolutions
