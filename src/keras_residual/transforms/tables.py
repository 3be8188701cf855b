"""Tables of embeddings, of which no inputs read every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import keras
import numpy as np

from keras_residual._keras import layers_in
from keras_residual.graph.numbers import array
from keras_residual.transforms.comparison import Difference


def tables_apart(
    old: keras.Model, new: keras.Model, tolerance: float
) -> Iterator[Difference]:
    """Yields a difference for each table that two models have under one name.

    Args:
        old: The model to be equal to.
        new: The model to be tried.
        tolerance: What the difference may be in proportion to the largest number.
    """
    others = _tables(new)
    for name, layer in _tables(old).items():
        if name not in others or others[name] is layer:
            continue  # what else a rewrite put there, the outputs tell
        table, other = array(layer.embeddings), array(others[name].embeddings)
        if table.shape != other.shape or not table.size:
            continue
        with np.errstate(invalid="ignore"):
            same = (table == other) | (np.isnan(table) & np.isnan(other))
            rows = np.where(same, 0.0, np.abs(other - table)).max(axis=1)
        rows = np.nan_to_num(rows, nan=np.inf)
        row, scale = int(rows.argmax()), float(np.abs(table).max())
        if rows[row] > tolerance * scale:
            what = f"the table of {name}"
            yield Difference(what, f"row {row}", float(rows[row]), scale, tolerance)


def _tables(model: keras.Model) -> dict[str, keras.layers.Embedding]:
    """Returns the embeddings that have a name of their own and a plain table."""
    found = [
        layer for layer in layers_in(model) if type(layer) is keras.layers.Embedding
    ]
    names = Counter(layer.name for layer in found)
    return {
        layer.name: layer
        for layer in found
        if layer.built and names[layer.name] == 1 and not layer.quantization_mode
    }
