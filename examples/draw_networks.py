"""Draws the pictures of the documentation.

    python examples/draw_networks.py   # writes docs/*.svg

A residual network, and the network again with each unit coloured by how much it changes
its stream before any training. With FAST=1 it writes nothing.
"""

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras

import keras_residual as kr

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main():
    """Draws the network, plain and coloured."""
    keras.utils.set_random_seed(0)
    network = kr.models.build("resnet20", shortcut="zero_pad")
    draw("resnet20", network)
    colours = {"colour": changes(network), "measure": "deviation of change / stream"}
    draw("resnet20-change", network, **colours)


def draw(file, model, **colours):
    path = None if os.environ.get("FAST") else DOCS / f"{file}.svg"
    picture = kr.draw(model, path, **colours)
    units = len(kr.find_residuals(model))
    print(f"{file}: {units} residual units, {len(picture)} characters of SVG")


def changes(model):
    """Measures, on noise, how large each unit's change is beside what it carries."""
    found = {}
    noise = keras.random.normal((8, *model.input_shape[1:]), seed=0)
    for unit in kr.find_residuals(model):
        carried = unit.shortcut[-1] if unit.shortcut else unit.entry
        points = [unit.branches[0][-1], carried]
        taps = keras.Model(model.inputs, [op.layer.output for op in points])
        change, stream = (float(keras.ops.std(value)) for value in taps(noise))
        found[unit.path] = change / stream
    return found


if __name__ == "__main__":
    main()
