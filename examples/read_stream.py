"""Reads the residual stream of a small transformer that has learned to repeat.

    python examples/read_stream.py

It sees eight random tokens twice, and predicts each next token. Only the second time
can it know, by looking back for what came next: one layer of attention moves the token
before into each place, and the next one finds it there. With FAST=1 it hardly trains.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers

import keras_residual as kr

TOKENS, HALF, WIDTH = 16, 8, 64
STEPS = 2 if os.environ.get("FAST") else 1500


def main():
    """Trains, and prints what each look at the stream says."""
    keras.utils.set_random_seed(0)
    model, random = repeater(), np.random.default_rng(0)
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    for _ in range(STEPS):
        model.train_on_batch(*sequences(random, 64))
    x, y = sequences(random, 64)
    print(kr.stream.lens(model, (x, y)), "\n")
    print(kr.stream.attribution(model, x, target=y[:, -1]), "\n")
    print(kr.stream.skip(model, (x, y), length=2), "\n")
    other = x.copy()
    other[:, HALF - 1] = (x[:, HALF - 1] + 1) % TOKENS  # what has to be repeated
    change = kr.stream.patching(model, x, other, target=y[:, -1], by="position")
    print(change)


def repeater():
    """Two layers of attention and of dense layers, norms before each."""
    x = keras.Input((2 * HALF - 1,), dtype="int32", name="tokens")
    places = kr.layers.Constant(np.arange(2 * HALF - 1))(x)
    y = layers.Embedding(TOKENS, WIDTH)(x)
    y = y + layers.Embedding(2 * HALF - 1, WIDTH)(places)
    for k in range(2):
        z = layers.LayerNormalization()(y)
        attend = layers.MultiHeadAttention(4, WIDTH // 4)
        y = layers.Add(name=f"attention{k}")([y, attend(z, z, use_causal_mask=True)])
        z = layers.Dense(2 * WIDTH, "gelu")(layers.LayerNormalization()(y))
        y = layers.Add(name=f"dense{k}")([y, layers.Dense(WIDTH)(z)])
    y = layers.LayerNormalization()(y)
    return keras.Model(x, layers.Dense(TOKENS, "softmax")(y), name="repeater")


def sequences(random, count):
    """Eight random tokens, twice; the labels are the same one place on."""
    half = random.permuted(np.tile(np.arange(TOKENS), (count, 1)), axis=1)[:, :HALF]
    both = np.concatenate([half, half], axis=1).astype("int32")
    return both[:, :-1], both[:, 1:]


if __name__ == "__main__":
    main()
