"""The parts of the page, each a function from what is known to HTML."""

from __future__ import annotations

import math
from base64 import b64encode
from io import BytesIO
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.common.extras import extra
from keras_residual.common.terminal import escape
from keras_residual.reports.frame import facts, figure
from keras_residual.train.callbacks import clock
from keras_residual.train.data import Dataset
from keras_residual.train.report import figures
from keras_residual.train.run_folder import Row
from keras_residual.train.tasks import TITLES


def headline(number: float, said: str, quiet: str) -> str:
    """Says in one number how good the network is.

    Args:
        number: The task's score.
        said: What the number is.
        quiet: How sure it is, and what to read it against.
    """
    return (
        f'<div class="headline"><b>{number:.3f}</b><span>{said} '
        f'<span class="quiet">{quiet}</span></span></div>'
    )


def best(rows: list[Row], score: str) -> str:
    """Says whether an earlier epoch was better.

    Args:
        rows: The history.
        score: The metric that decides.
    """
    column = f"val_{score}"
    best = max(rows, key=lambda row: row[column])
    if best[column] == rows[-1][column]:
        return "No earlier epoch was better."
    return (
        f"Epoch {best['epoch']:.0f} had {best[column]:.3f}; chosen on the same "
        "examples, it flatters."
    )


def run_facts(model: str, rows: list[Row], dataset: Dataset, weights: int) -> str:
    """Lists what a reader asks first.

    Args:
        model: The model's name.
        rows: The history.
        dataset: What it was trained on.
        weights: Number of trained weights.
    """
    return facts(
        [
            ("data", dataset.name),
            ("trained on", f"{len(dataset.train.labels):,}"),
            ("held out", f"{len(dataset.test.labels):,}"),
            ("model", model),
            ("trained weights", f"{weights:,}"),
            ("epochs", str(len(rows))),
            ("time in epochs, min", clock(sum(row["seconds"] for row in rows))),
        ]
    )


def reading(dataset: Dataset) -> str:
    """Says what was understood of the data, left out and converted.

    Args:
        dataset: What the network was trained on.
    """
    items = "".join(f"<li>{escape(line)}</li>" for line in dataset.reading)
    return f'<h2>What was read</h2><ul class="quiet">{items}</ul>'


def layers(network: keras.Model) -> str:
    """Lists the layers that have weights.

    Args:
        network: The residual network.
    """
    rows = "".join(
        f"<tr><td><code>{escape(layer.name)}</code></td>"
        f"<td>{type(layer).__name__}</td>"
        f'<td class="number">{_shape(layer)}</td>'
        f'<td class="number">{_count(layer.trainable_weights):,}</td></tr>'
        for layer in network.layers
        if layer.weights
    )
    return (
        '<details class="card"><summary>Every layer that has weights</summary><table>'
        '<tr><th>layer</th><th>kind</th><th class="number">output</th>'
        f'<th class="number">trained weights</th></tr>{rows}</table></details>'
    )


def recipe(contents: dict[str, Any]) -> str:
    """Lists all that reproduces the run.

    Args:
        contents: What `recipe.json` holds.
    """
    shown = {**contents["recipe"], **contents["versions"]}
    shown["data's SHA-256"] = contents["data"]["sha256"]
    inner = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(str(value))}</dd>"
        for name, value in shown.items()
        if value not in (None, {}, [])
    )
    return f'<dl class="recipe">{inner}</dl>'


def _shape(layer: keras.layers.Layer) -> str:
    # A layer that a model's own `call` calls has no output in a graph.
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return " × ".join(str(side or "?") for side in shape[1:])


def _count(weights: list[keras.Variable]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def data_uri(picture: NDArray) -> str:
    """Returns a picture as a PNG that needs no file.

    Args:
        picture: Values of shape `(height, width, channels)`. Values that are not bytes
            are stretched between black and white; channels beyond three are left out.

    Examples:
        >>> data_uri(np.zeros((2, 2, 1), "uint8"))[:22]
        'data:image/png;base64,'
    """
    shown = picture[..., :3] if picture.shape[-1] >= 3 else picture[..., :1]
    if shown.dtype != np.uint8:
        low, high = float(shown.min()), float(shown.max())
        shown = ((shown - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
    shown = shown[..., 0] if shown.shape[-1] == 1 else shown
    file = BytesIO()
    with extra("report", "A page with pictures"):
        from PIL import Image
    Image.fromarray(np.ascontiguousarray(shown)).save(file, "PNG")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()


def curves(rows: list[Row]) -> str:
    """Draws every metric of a history, its learning rate and its time.

    Args:
        rows: The history.
    """
    names = [name for name in rows[0] if f"val_{name}" in rows[0]]
    shown = {
        name: figures.curve(
            rows, TITLES.get(name, name), train=name, held=f"val_{name}"
        )
        for name in names
    }
    if min(row.get("val_r2", 0.0) for row in rows) < -1:
        # The first epochs may be worse than the mean by far, and hide all later ones.
        shown["r2"].update_layout(title_text="R², from −1 up", yaxis={"range": [-1, 1]})
    shown["rate"] = figures.curve(rows, "learning rate", plain="learning_rate")
    shown["seconds"] = figures.bars(rows)
    inner = "".join(figure(name, one) for name, one in shown.items())
    return f'<div class="pair">{inner}</div>'
