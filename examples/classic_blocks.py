"""Compares the five introductory blocks; prints the table in docs/classic-blocks.md.

Three questions: what does a block cost, what does it do to the signal before anything
is learned, and what does a network of them learn when each may spend the same number
of multiplications on an image?

    python examples/classic_blocks.py          # about ten minutes on two cores
    FAST=1 python examples/classic_blocks.py   # a look at the table, in seconds
"""

import os
import platform
import time
from datetime import date
from importlib.resources import files

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import keras_residual as kr

FAST = bool(os.environ.get("FAST"))
SEEDS = range(1 if FAST else 3)
EPOCHS = 1 if FAST else 10
BUDGET = 200_000 if FAST else 3_000_000  # multiplications for one image
STACKS = (1, 8) if FAST else (1, 8, 32)
BLOCKS = [
    kr.residual_block,
    kr.residual_block_with_activation,
    kr.residual_block_with_batchnorm,
    kr.expanded_residual_block,
    kr.identity_residual_block,
]


def multiplications(model):
    """Counts the multiplications of convolutions and dense layers for one image."""
    weighted = keras.layers.Conv2D | keras.layers.Dense
    return sum(
        int(np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:-1]))
        for layer in model.layers
        if isinstance(layer, weighted)
    )


def stack(block, times, size=16, filters=16):
    """Builds `times` blocks on an image that already has their filters."""
    x = inputs = keras.Input((size, size, filters))
    for _ in range(times):
        x = block(x, filters)
    return keras.Model(inputs, x)


def growth(block, times):
    """Measures how many times larger the signal leaves the blocks than it came."""
    ratios = []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        x = np.random.default_rng(seed).normal(size=(8, 16, 16, 16)).astype("float32")
        y = keras.ops.convert_to_numpy(stack(block, times)(x, training=True))
        ratios.append(np.sqrt(np.mean(y.astype("float64") ** 2) / np.mean(x**2)))
    return float(np.median(ratios))


def network(block, filters):
    """Builds a small classifier: three blocks of equal width, halving the size."""
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    for _ in range(3):
        x = block(x, filters)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(10)(x))


def within_budget(block):
    """Finds the widest network that stays within the budget."""
    filters = 1
    while multiplications(network(block, filters + 1)) <= BUDGET:
        filters += 1
    return filters


def accuracy(block, filters, data, seed):
    """Trains a network and returns its share of right answers on the test images."""
    keras.utils.set_random_seed(seed)
    images, labels, test_images, test_labels = data
    model = network(block, filters)
    steps = EPOCHS * -(-len(images) // 64)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(images, labels, batch_size=64, epochs=EPOCHS, verbose=0)
    return model.evaluate(test_images, test_labels, verbose=0)[1]


def clothes():
    """Returns the Fashion-MNIST slice that comes with the package."""
    path = files("keras_residual.train.data") / "fashion_mnist_7k.npz"
    with path.open("rb") as file, np.load(file) as arrays:
        parts = [arrays[k] for k in ("x_train", "y_train", "x_test", "y_test")]
    x, y, x_test, y_test = parts
    keep = 256 if FAST else len(x)
    return x[:keep, ..., None], y[:keep], x_test[:keep, ..., None], y_test[:keep]


def row(block, data):
    """Answers the three questions for one block."""
    one, filters = stack(block, 1), within_budget(block)
    scores = [accuracy(block, filters, data, seed) for seed in SEEDS]
    return [
        block.__name__,
        f"{one.count_params():,}",
        f"{multiplications(one) / 1e6:.2f}",
        *(f"{growth(block, times):.3g}" for times in STACKS),
        str(filters),
        f"{np.mean(scores):.3f} ({min(scores):.3f}–{max(scores):.3f})",
    ]


def main():
    """Prints the table, as markdown too."""
    heads = ["block", "parameters", "M multiplications", *(f"×{n}" for n in STACKS)]
    heads += ["filters in the network", "accuracy"]
    data, started = clothes(), time.perf_counter()
    rows = [row(block, data) for block in track(BLOCKS, "five blocks")]
    table = Table(*heads)
    for cells in rows:
        table.add_row(*cells)
    Console(width=140).print(table)
    for cells in (heads, ["---"] * len(heads), *rows):
        print("| " + " | ".join(cells) + " |")
    print(
        f"\n{date.today()}, Keras {keras.__version__} on {keras.backend.backend()}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores; "
        f"{len(SEEDS)} seeds, {EPOCHS} epochs; {time.perf_counter() - started:.0f} s."
    )


if __name__ == "__main__":
    main()
