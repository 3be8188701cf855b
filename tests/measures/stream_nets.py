"""A network with a normed head, and what it computes, in float64 NumPy."""

import keras
import numpy as np
from keras import layers

from .nets import dense, random

EPSILON = 1e-3
KERNELS = [random(4, 4, seed=k) for k in range(3)]
GAMMA, BETA = 1 + random(4, seed=5) / 4, random(4, seed=6)
HEAD, BIAS = random(4, 5, seed=7), random(5, seed=8)
X = random(6, 4, seed=9)


def normed(*, sequence=(), activation="softmax", rms=False, masked=False):
    """Three units `x + x W`, a norm, and a head."""
    x = inputs = keras.Input((*sequence, 4), name="x")
    x = layers.Masking()(x) if masked else x
    for k, kernel in enumerate(KERNELS):
        x = layers.Add(name=f"add{k}")([x, dense(kernel, f"dense{k}")(x)])
    norm = layers.RMSNormalization if rms else layers.LayerNormalization
    norm = norm(epsilon=EPSILON, name="norm")
    x = norm(x)
    norm.set_weights([GAMMA] if rms else [GAMMA, BETA])
    head = layers.Dense(5, activation, name="head")
    y = head(x)
    head.set_weights([HEAD, BIAS])
    return keras.Model(inputs, y, name="model")


def streams(x):
    """The stream at each depth, from the start."""
    found = [np.asarray(x, "float64")]
    for kernel in KERNELS:
        found.append(found[-1] + found[-1] @ kernel)
    return found


def deviation(x, *, rms=False):
    """What the norm divides by."""
    around = x if rms else x - x.mean(-1, keepdims=True)
    return np.sqrt(np.square(around).mean(-1, keepdims=True) + EPSILON)


def logits(x, *, rms=False):
    """The read-out of a stream."""
    around = x if rms else x - x.mean(-1, keepdims=True)
    scaled = around / deviation(x, rms=rms) * GAMMA + (0 if rms else BETA)
    return scaled @ HEAD + BIAS


def softmax(values):
    shares = np.exp(values - values.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)
