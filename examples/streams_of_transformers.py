"""What carries a transformer's stream: five connections, the same branches.

Plain pre-norm sums, hyper-connections (Zhu et al. 2024), manifold-constrained ones (Xie
et al. 2025), attention residuals (2026) and DenseFormer (Pagliardini et al. 2024), in a
model that predicts characters. It is thousands of times smaller than those of the
papers, so whatever comes out says little of those.

    KERAS_BACKEND=jax python examples/streams_of_transformers.py   # half an hour
    FAST=1 python examples/streams_of_transformers.py              # a look, in seconds
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from effects.characters import LENGTH, Text, trained
from effects.paired import FAST, Effect

import keras_residual as kr

WIDTH, HEADS, DEPTH = (16, 2, 1) if FAST else (64, 4, 4)
ROWS, STEPS, SEEN = (4, 2, 8) if FAST else (24, 500, 512)
RATE = 3e-3
CONNECTIONS = {
    "sums": None,
    "hyper-connections, 4 lanes": kr.connections.hyper(4),
    "mHC, 4 lanes": kr.connections.mhc(4),
    "attention residuals": kr.connections.attention(),
    "DenseFormer": kr.connections.denseformer(),
}
EFFECT = Effect(
    "streams_of_transformers",
    "What carries a transformer's stream",
    f"Pre-norm transformers of {DEPTH} blocks, width {WIDTH}, that predict characters "
    f"of Python's own documents; {STEPS} steps of AdamW on {ROWS} pieces of {LENGTH}, "
    f"one learning rate ({RATE:g} at its peak) for all.",
    f"loss on {SEEN} pieces held out, in nats a character; lower is better",
    control="sums",
    digits=4,
)


def network(via, characters):
    """Builds the model: only the connection differs."""
    attention = [kr.norm("layer"), kr.parts.attention(HEADS, causal=True)]
    dense = [kr.norm("layer"), kr.parts.mlp(4 * WIDTH)]
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = keras.layers.Embedding(characters, WIDTH)(inputs)
    x = kr.layers.Positions(LENGTH)(x)
    x = kr.connect(x, [attention, dense] * DEPTH, via=via)
    x = kr.norm("layer")(x)
    return keras.Model(inputs, keras.layers.Dense(characters)(x))


def loss(via, text, seed):
    """Trains from a seed, and returns the loss on what is held out."""
    model = network(via, len(text.characters))
    trained(model, text, STEPS, RATE, ROWS, seed)
    x, y = text.batch(text.held, np.random.default_rng(0), SEEN)
    return float(model.evaluate(x, y, verbose=0))


def main():
    """Trains with every connection from every seed."""
    text = Text()
    EFFECT.run(
        {
            name: lambda seed, via=via: loss(via, text, seed)
            for name, via in CONNECTIONS.items()
        },
        seeds=3,
    )


if __name__ == "__main__":
    main()
