"""Weights that cannot be multiplied out, and layers that are not what they seem."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .random_graphs import randomise


def norm_after_dense():
    x = keras.Input((4,))
    dense, norm = layers.Dense(4), layers.BatchNormalization()
    return keras.Model(x, norm(dense(x))), dense, norm


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_statistics_that_are_not_finite(value):
    model, _, norm = norm_after_dense()
    norm.moving_variance.assign(np.array([value, 1.0, 1.0, 1.0]))
    done = kr.fuse(model)
    assert not done.changes or np.isinf(value)  # 1 / sqrt(inf) is 0, and finite
    if not np.isinf(value):
        assert [left.why for left in done.left] == ["its numbers are not finite"]


def test_weights_that_would_overflow():
    model, dense, norm = norm_after_dense()
    dense.kernel.assign(np.full((4, 4), 1e38))
    norm.gamma.assign(np.full(4, 1e6))
    done = kr.fuse(model)
    assert [left.why for left in done.left] == [
        "its weights would not be finite numbers"
    ]


def test_adapted_weights():
    model, dense, _ = norm_after_dense()
    dense.enable_lora(2)
    done = kr.fuse(model)
    why = "the weights of the Dense are quantised or adapted"
    assert [left.why for left in done.left] == [why]


def test_quantised_weights():
    model, dense, _ = norm_after_dense()
    dense.quantize("int8")
    assert not kr.fuse(model, tolerance=1e-2).changes


def test_a_subclass_is_another_layer():
    """Its class computes something else, whatever its name and its weights."""

    class BatchNormalization(layers.BatchNormalization):
        def call(self, inputs, training=None, mask=None):
            return super().call(inputs, training, mask) ** 2

    x = keras.Input((4,))
    model = randomise(keras.Model(x, BatchNormalization()(layers.Dense(4)(x))))
    assert not kr.fuse(model).changes
