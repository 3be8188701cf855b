"""Tiny networks with set weights, and what they compute, in float64 NumPy."""

import keras
import numpy as np
from keras import layers

CHANNELS = 3


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def dense(kernel, name=None):
    """A dense layer without bias and with this kernel."""
    start = keras.initializers.Constant(kernel)
    size = kernel.shape[1]
    return layers.Dense(size, use_bias=False, kernel_initializer=start, name=name)


def chain(*kernels, nested=False):
    """`y = x + x W` for each kernel, flat or with each unit as a model of its own."""
    x = inputs = keras.Input((len(kernels[0]),), name="x")
    for k, kernel in enumerate(kernels):
        a = keras.Input(x.shape[1:]) if nested else x
        y = layers.Add(name=f"add{k}")([a, dense(kernel, f"dense{k}")(a)])
        x = keras.Model(a, y, name=f"unit{k}")(x) if nested else y
    return keras.Model(inputs, x, name="chain")


def pictures(kernel, *, channels_first=False, nested=False):
    """One unit `y = x + W x` at every pixel of a picture."""
    shape = (CHANNELS, 4, 5) if channels_first else (4, 5, CHANNELS)
    a = inputs = keras.Input(shape, name="x")
    data_format = "channels_first" if channels_first else "channels_last"
    conv = layers.Conv2D(
        CHANNELS,
        1,
        use_bias=False,
        data_format=data_format,
        kernel_initializer=keras.initializers.Constant(kernel[None, None]),
    )
    model = keras.Model(a, layers.Add(name="add")([a, conv(a)]), name="unit")
    return keras.Model(inputs, model(inputs), name="outer") if nested else model


def loss_of(y, target):
    """The mean squared error of each example."""
    return np.square(y - target).mean(axis=1)
