"""What a model was and what it is, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from keras_residual.common.wording import listed

if TYPE_CHECKING:
    import keras


def sizes(
    before: keras.Model,
    after: keras.Model,
    data: tuple[Any, Any] | None = None,
    inputs: Any = None,
) -> Table:
    """Compares two models of the same inputs: size, multiplications, time, accuracy.

    Args:
        before: The model that was read.
        after: The model that is written.
        data: Examples and labels; None for no accuracy.
        inputs: What to time them on; by default the data, or what is made up.
    """
    from keras_residual.transforms.given import given_trial
    from keras_residual.transforms.rewire.scoring import accuracy
    from keras_residual.transforms.timing import latencies

    if inputs is None and data is not None:
        inputs = data[0][:1]
    trial = None if inputs is None else given_trial(before, inputs)
    table = Table("", "before", "after", box=None)
    both = (before, after)
    table.add_row("layers", *(f"{_layers(one):,}" for one in both))
    table.add_row("parameters", *(f"{one.count_params():,}" for one in both))
    table.add_row("multiply-adds (FLOPs)", *map(_cost, both))
    table.add_row(
        "latency, one sample", *(f"{ms:.2f} ms" for ms in latencies(both, trial=trial))
    )
    if data is not None:
        shares = [accuracy(one, data) for one in both]
        said = [
            "the labels are no classes" if n is None else f"{n:.1%}" for n in shares
        ]
        table.add_row(f"accuracy of {len(data[1]):,}", *said)
    return table


def _cost(model: keras.Model) -> str:
    """Says how much a model multiplies, or of how many layers that is not known."""
    from keras_residual.graph.cost import multiply_adds, unknown_costs

    unknown = unknown_costs(model)
    if not unknown:
        return f"{multiply_adds(model):,}"
    return f"not known of {listed(unknown, 1)}"


def _layers(model: keras.Model) -> int:
    """Counts the layers, those of nested models instead of these."""
    return sum(
        _layers(layer) if hasattr(layer, "layers") else 1 for layer in model.layers
    )
