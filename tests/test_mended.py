"""What a backend of Keras computes wrongly is computed right where we are imported."""

import keras
import numpy as np
import pytest
from gradients import gradients

import keras_residual as kr


@pytest.mark.parametrize("channels", [2, 3, 7, 12])
@pytest.mark.parametrize("stride", [2, (1, 2)], ids=str)
@pytest.mark.parametrize("ours", [False, True], ids=["Keras's layer", "ours"])
def test_a_strided_pointwise_convolution_learns(channels, stride, ours):
    keras.utils.set_random_seed(3)
    x = keras.Input((8, 8, channels))
    made = kr.conv(16, 1, stride=stride)
    y = made(x) if ours else keras.layers.Conv2D(16, 1, strides=stride)(x)
    model = keras.Model(x, y)
    rng = np.random.default_rng(5)
    x = rng.normal(size=(4, 8, 8, channels)).astype("float32")
    weighting = rng.normal(size=(4, *model.output_shape[1:])).astype("float32")
    for _ in range(3):
        _, (of_x, of_kernel, of_bias) = gradients(model, x, weighting, training=True)
        close(of_bias, weighting.sum((0, 1, 2), dtype="float64"))
        down, right = (stride, stride) if stride == 2 else stride
        seen = x[:, ::down, ::right].astype("float64")
        close(of_kernel[0, 0], np.einsum("nhwi,nhwo->io", seen, weighting))
        expected = np.zeros_like(x, "float64")
        kernel = keras.ops.convert_to_numpy(model.layers[-1].kernel)[0, 0]
        expected[:, ::down, ::right] = weighting @ kernel.T.astype("float64")
        close(of_x, expected)


def close(found, expected):
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
