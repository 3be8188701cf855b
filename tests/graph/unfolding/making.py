"""What textbook models are made and called with."""

import keras
import numpy as np


def functional(shape, *stack, dtype="float32"):
    """Returns layers one after the other as a functional model."""
    x = inputs = keras.Input(shape, dtype=dtype)
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


def floats(*shape):
    """Returns the same normal numbers for the same shape."""
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def words(*shape, most=9):
    """Returns numbers of words, padded at the end."""
    found = np.random.default_rng(2).integers(1, most, shape)
    found[0, -2:] = 0
    return found


class Whole(keras.Model):
    """A layer as a model, so that it can be trained."""

    def __init__(self, layer, **options):
        super().__init__(**options)
        self.layer = layer

    def call(self, x, training=None):
        return self.layer(x, training=training)
