"""The time-series ResNet on two data sets of the UCR archive, beside what is published.

Fawaz et al., Deep learning for time series classification: a review, 2019, report for
this network (Wang et al. 2016), over ten runs: GunPoint 99.1 % (0.7), ItalyPowerDemand
96.3 % (0.4). They train 1,500 epochs and keep the one of the lowest training loss; here
it is 60, and the last one counts.

The series come with the package aeon, which is only read, never imported; Dau et al.,
The UCR Time Series Archive, 2019, collected them.

    pip install --no-deps aeon
    python examples/time_series.py          # some minutes on two cores
    FAST=1 python examples/time_series.py   # a look; drawn series where aeon is missing
"""

import os
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from effects.paired import FAST, Effect

import keras_residual as kr

EPOCHS, BATCH = (1 if FAST else 60), 16
PUBLISHED = {"GunPoint": "99.1 % (0.7)", "ItalyPowerDemand": "96.3 % (0.4)"}


def read(name):
    """Returns the series and labels of a data set: to learn from, and held out."""
    found = find_spec("aeon")
    if found is None and FAST:
        print(f"aeon is not installed: drawn series stand for {name}")
        return [drawn(seed) for seed in range(2)]
    if found is None:
        raise SystemExit("aeon is not installed:  pip install --no-deps aeon")
    folder = Path(found.submodule_search_locations[0]) / "datasets" / "data" / name
    return [parsed(folder / f"{name}_{part}.ts") for part in ("TRAIN", "TEST")]


def parsed(path):
    """Reads a .ts file: a header, then a line of values and a label for each series."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = [line.strip().lower() for line in lines].index("@data") + 1
    cells = [line.rsplit(":", 1) for line in lines[start:] if line.strip()]
    series = np.array([row.split(",") for row, _ in cells], "float32")[..., None]
    labels = np.array([label.strip() for _, label in cells])
    return series, np.unique(labels, return_inverse=True)[1]


def drawn(seed):
    random = np.random.default_rng(seed)
    labels = np.arange(16) % 2
    steps = np.linspace(0, 6, 24) * (1 + labels[:, None])
    noise = random.normal(0, 0.1, steps.shape)
    return (np.sin(steps) + noise).astype("float32")[..., None], labels


def resnet(length):
    """Builds the network of three blocks of three convolutions."""
    return kr.models.build("time_series_resnet", input_shape=(length, 1), classes=2)


def convolutions(length):
    """Builds the same network without its shortcuts."""
    x = inputs = keras.Input((length, 1))
    for filters in (64, 128, 128):
        for kernel in (8, 5, 3):
            for part in (kr.conv(filters, kernel, use_bias=False), kr.norm(), "relu"):
                x = kr.Residual(part, "none")(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(2)(x))


def accuracy(make, data, seed):
    """Trains from a seed, and returns the accuracy on what is held out."""
    (series, labels), held_out = data
    model = make(series.shape[1])
    steps = -(-len(labels) // BATCH) * EPOCHS
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    recipe = kr.train.Recipe(epochs=EPOCHS, batch_size=BATCH, seed=seed)
    run = kr.train.fit(model, (series, labels), recipe, validation=held_out)
    return run.rows[-1]["val_accuracy"]


def compared(name, published):
    """Trains both networks on a data set from every seed."""
    data = (series, labels), (_, held_out) = read(name)
    effect = Effect(
        f"time_series_{name.lower()}",
        f"Time series: {name}",
        f"{len(labels)} series of {series.shape[1]} steps to learn from, "
        f"{len(held_out)} held out; {EPOCHS} epochs of Adam in batches of {BATCH}, the "
        f"last epoch counts. Published of the residual network, with 1,500 epochs, "
        f"over ten runs (Fawaz et al. 2019): {published}.",
        "accuracy on what is held out",
        control="without shortcuts",
    )
    variants = {
        "residual": lambda seed: accuracy(resnet, data, seed),
        "without shortcuts": lambda seed: accuracy(convolutions, data, seed),
    }
    effect.run(variants, seeds=10)


if __name__ == "__main__":
    for data_set, figures in PUBLISHED.items():
        compared(data_set, figures)
