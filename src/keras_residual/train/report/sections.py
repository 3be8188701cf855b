"""The parts of the page, each a function from what is known to HTML."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import keras
import numpy as np

from keras_residual.read.pages import facts
from keras_residual.train.callbacks.progress import clock
from keras_residual.train.data import Dataset
from keras_residual.train.report.evidence import Evidence, Mistake
from keras_residual.train.report.pictures import data_uri
from keras_residual.train.run_folder import Row


def headline(evidence: Evidence, rows: list[Row], dataset: Dataset) -> str:
    """Says in one number how good the network is, and how sure that number is.

    Args:
        evidence: What the network does with the examples held out.
        rows: The history.
        dataset: What it was trained on.
    """
    low, high = evidence.interval
    count = len(evidence.labels)
    return (
        f'<div class="headline"><b>{evidence.accuracy:.3f}</b><span>of {count:,} '
        f"examples held out are named right by the weights of the last epoch. "
        f'<span class="quiet">On other such examples, 19 times in 20, between '
        f"{low:.3f} and {high:.3f}. {_best(rows)}</span></span></div>"
    )


def _best(rows: list[Row]) -> str:
    best = max(rows, key=lambda row: row["val_accuracy"])
    if best["val_accuracy"] == rows[-1]["val_accuracy"]:
        return "No earlier epoch was better."
    return (
        f"Epoch {best['epoch']:.0f} had {best['val_accuracy']:.3f}; chosen on the same "
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


def mistakes(found: list[Mistake], dataset: Dataset) -> str:
    """Shows the mistakes of which the network is most sure.

    Args:
        found: The mistakes, the surest first.
        dataset: Where the pictures and the class names are.
    """
    if not found:
        return "<p>None: every example held out is named right.</p>"
    items = "".join(f"<li>{_mistake(one, dataset)}</li>" for one in found)
    return f'<ul class="mistakes">{items}</ul>'


def _mistake(one: Mistake, dataset: Dataset) -> str:
    named, label = (escape(dataset.classes[at]) for at in (one.named, one.label))
    image = ""
    if dataset.kind == "picture":
        picture = dataset.test.batch(np.array([one.number]))[0]
        image = f'<img alt="{label}, held out, number {one.number}" '
        image += f'src="{data_uri(picture)}">'
    return (
        f"<figure>{image}<figcaption><b>{named}</b>{one.probability:.1%} sure"
        f"<br>is {label}<br>number {one.number}</figcaption></figure>"
    )


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
    shape = getattr(layer.output, "shape", ())
    return " × ".join(str(side or "?") for side in shape[1:])


def _count(weights: list[keras.Variable]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
