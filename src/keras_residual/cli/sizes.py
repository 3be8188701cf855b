"""What a model was and what it is, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    import keras


def sizes(before: keras.Model, after: keras.Model) -> Table:
    """Compares two models of the same inputs: layers, weights, multiplications, time.

    Args:
        before: The model that was read.
        after: The model that is written.
    """
    from keras_residual.read.cost import multiply_adds
    from keras_residual.rewrite.timing import latencies

    table = Table("", "before", "after", box=None)
    both = (before, after)
    table.add_row("layers", *(f"{_layers(one):,}" for one in both))
    table.add_row("weights", *(f"{one.count_params():,}" for one in both))
    costs = [multiply_adds(one) for one in both]
    table.add_row("multiply-adds", *("–" if n is None else f"{n:,}" for n in costs))
    times = [f"{ms:.2f} ms" for ms in latencies(both)]
    table.add_row("one sample", *times)
    return table


def _layers(model: keras.Model) -> int:
    """Counts the layers, those of nested models instead of these."""
    return sum(
        _layers(layer) if hasattr(layer, "layers") else 1 for layer in model.layers
    )
