"""What the constrained connection mixes lanes with."""

import keras
import numpy as np
import pytest
from gradients import gradients

from keras_residual.compose.layers.streams.manifold import sinkhorn


def test_sinkhorn_is_doubly_stochastic_and_learns_where_logits_are_far_apart():
    """Logits of -8 once went through a temperature that let no gradient pass."""
    far = np.where(np.eye(4) > 0, 0, -8) + np.random.default_rng(0).normal(size=(4, 4))
    x = keras.Input((4, 4))
    layer = Mixing()
    model = keras.Model(x, layer(x))
    weighting = np.random.default_rng(1).normal(size=(1, 4, 4)).astype("float32")
    y, (slope, *_) = gradients(
        model, far[None].astype("float32"), weighting, training=False
    )
    np.testing.assert_allclose(y.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(y.sum(-2), 1, atol=1e-2)
    assert np.abs(slope).min() > 1e-6


@pytest.mark.parametrize("far", [(1, slice(None)), (slice(None), 1), (1, 1)], ids=str)
def test_sinkhorn_is_a_number_where_logits_underflow(far):
    """A row or a column of zeros was once divided by its sum."""
    logits = np.zeros((1, 4, 4), "float32")
    logits[0][far] = -200
    x = keras.Input((4, 4))
    model = keras.Model(x, Mixing()(x))
    weighting = np.random.default_rng(1).normal(size=(1, 4, 4)).astype("float32")
    y, (slope, *_) = gradients(model, logits, weighting, training=False)
    np.testing.assert_allclose(y.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(y.sum(-2), 1, atol=1e-2)
    assert np.isfinite(slope).all()


class Mixing(keras.layers.Layer):
    def call(self, x):
        return sinkhorn(x)
