"""Draws the pictures of the documentation: a residual network, and its plain twin.

    python examples/draw_networks.py   # writes docs/resnet20.svg and docs/plain20.svg

With FAST=1 it draws, but writes nothing.
"""

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras_residual as kr

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main():
    """Draws both networks."""
    for file, shortcut in {"resnet20": "zero_pad", "plain20": "none"}.items():
        model = kr.models.build("resnet20", shortcut=shortcut)
        path = None if os.environ.get("FAST") else DOCS / f"{file}.svg"
        picture = kr.draw(model, path)
        units = len(kr.find_residuals(model))
        print(f"{file}: {units} residual units, {len(picture)} characters of SVG")


if __name__ == "__main__":
    main()
