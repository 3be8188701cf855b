"""What the tests of fusing share."""

import keras
import numpy as np

import keras_residual as kr

from .random_graphs import randomise


def kinds(model):
    return [type(layer).__name__ for layer in model.layers[1:]]


def fused(inputs, outputs, **options):
    """Fuses a model of random weights; the proof inside compares the two."""
    done = kr.fuse(randomise(keras.Model(inputs, outputs)), **options)
    assert done.proof.largest <= 1e-5
    assert not kr.fuse(done.model).changes
    return done


def picture(channels=4, size=8):
    return keras.Input((size, size, channels))


def numpy_of(layer, name):
    return keras.ops.convert_to_numpy(getattr(layer, name)).astype("float64")


def scale_and_shift(norm):
    """Ioffe & Szegedy 2015, algorithm 2, lines 11 and 12: a norm in inference."""
    scale = numpy_of(norm, "gamma") / np.sqrt(
        numpy_of(norm, "moving_variance") + norm.epsilon
    )
    return scale, numpy_of(norm, "beta") - scale * numpy_of(norm, "moving_mean")
