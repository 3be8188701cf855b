"""Trains a small transformer on Python's own documents, and looks into it.

    KERAS_BACKEND=jax python examples/character_model.py   # writes docs/character-*.svg

It reads 64 characters and predicts each next one. Its blocks are written as one does in
Keras, with sums inside `call`; `kr` opens them. Training takes three minutes on two
cores, all else a few more. The page docs/look-into-a-transformer.md tells the story.
With FAST=1 it hardly trains, and writes its pictures where it is started.
"""

import os
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")


import keras
import numpy as np
from effects.characters import LENGTH, LINE, LOSS, Text, trained
from effects.paired import FAST, circumstances
from figures import character as pictures
from keras import layers, ops

import keras_residual as kr

WIDTH, HEADS, DEPTH = (16, 2, 2) if FAST else (64, 4, 4)
ROWS, STEPS, MORE, SEEN = (4, 2, 1, 8) if FAST else (24, 1200, 150, 256)
DOCS = Path() if FAST else Path(__file__).resolve().parents[1] / "docs"


class Block(layers.Layer):
    """Attention, then dense layers, each added to the stream."""

    def __init__(self, width, heads, **options):
        super().__init__(**options)
        self.attention_norm = layers.LayerNormalization()
        self.attention = layers.MultiHeadAttention(heads, width // heads)
        self.dense_norm = layers.LayerNormalization()
        self.up = layers.Dense(4 * width, "gelu")
        self.down = layers.Dense(width)

    def build(self, shape):
        self.attention_norm.build(shape)
        self.attention.build(shape, shape)
        self.dense_norm.build(shape)
        self.up.build(shape)
        self.down.build(self.up.compute_output_shape(shape))

    def call(self, x):
        z = self.attention_norm(x)
        x = x + self.attention(z, z, use_causal_mask=True)
        return x + self.down(self.up(self.dense_norm(x)))


class CharacterModel(keras.Model):
    """Characters and their places, blocks, and a logit for each next character."""

    def __init__(self, characters, **options):
        super().__init__(**options)
        self.tokens = layers.Embedding(characters, WIDTH)
        self.places = layers.Embedding(LENGTH, WIDTH)
        self.blocks = [Block(WIDTH, HEADS, name=f"block{k + 1}") for k in range(DEPTH)]
        self.norm = layers.LayerNormalization()
        self.head = layers.Dense(characters)

    def build(self, shape):
        for table in (self.tokens, self.places):
            table.build(shape)
        for layer in (*self.blocks, self.norm, self.head):
            layer.build((*shape, WIDTH))

    def call(self, x):
        x = self.tokens(x) + self.places(ops.arange(LENGTH))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def main():
    """Trains, and shows what each look says."""
    keras.utils.set_random_seed(0)
    text = Text()
    characters = len(text.train) + len(text.held)
    print(f"{circumstances()} {characters:,} characters.")
    start = time.process_time()
    model = CharacterModel(len(text.characters), name="characters")
    trained(model, text, STEPS, 5e-3, ROWS, 1)
    print(f"{STEPS} steps: {time.process_time() - start:.0f} s of both cores\n")
    x, y = text.batch(text.held, np.random.default_rng(2), SEEN)
    looked_into(model, text, (x, y))
    made_shallower_and_deeper(model, text, (x, y))


def looked_into(model, text, data):
    """Prints and draws the lens, the parts of an answer, the worth of each unit."""
    analysis = kr.Analysis(model, data[0])
    print(analysis.unfolded, "\n")
    lens = kr.stream.lens(analysis, data, progress=False)
    print(lens, "\n")
    numbers = text.numbers(LINE)[None]
    line = numbers[:, :LENGTH], numbers[:, 1 : LENGTH + 1]
    pictures.lens(kr.stream.lens(analysis, line, progress=False), text, line, DOCS)
    at = LINE.index("defined") + 4  # where "defin" is read
    parts = kr.stream.attribution(
        analysis, line[0], target=line[1][:, at], position=at, progress=False
    )
    print(parts, "\n")
    told = f'adds to the logit of "{LINE[at + 1]}"'
    pictures.attribution(parts, told, DOCS)
    skips = kr.stream.skip(analysis, data, position=None, loss=LOSS, progress=False)
    print(skips, "\n")
    rises = dict(zip(skips.first, skips.rise, strict=True))
    path = DOCS / "character-model.svg"
    kr.draw(analysis, path, colour=rises, measure="rise of the loss without it")


def made_shallower_and_deeper(model, text, data):
    """Drops units one after the other, and adds a block that says nothing at first."""
    opened = kr.unfold(model, data[0]).model
    pruned = kr.rewire.prune_depth(
        opened, data, tolerance=float("inf"), by="loss", loss=LOSS
    )
    print(pruned, "\n")
    last = [unit.path for unit in kr.find_residuals(opened)][-2:]
    grown = kr.rewire.add_units(opened, [tuple(last)], init="copy")
    print(grown, "\n")
    print(f"grown, before training: a loss of {loss_of(grown.model, data):.4f}")
    losses = {}
    for name, one in (("trained on", opened), ("grown and trained on", grown.model)):
        loss = loss_of(trained(one, text, MORE, 5e-4, ROWS, 1), data)
        losses[name] = len(kr.find_residuals(one)), loss
        print(f"{name}: {loss:.4f}")
    pictures.depth(pruned, losses, DOCS)


def loss_of(model, data):
    x, y = data
    return float(ops.mean(LOSS(y, model.predict(x, verbose=0))))


if __name__ == "__main__":
    main()
