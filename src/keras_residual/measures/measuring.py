"""Measures every residual unit of a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from rich.progress import Progress

from keras_residual.common.terminal import Console
from keras_residual.compose.arguments import Count, checked
from keras_residual.graph.analysis import Analysis
from keras_residual.measures.accumulator import Accumulator
from keras_residual.measures.batches import Batch, batches
from keras_residual.measures.column import Columns, ColumnWord
from keras_residual.measures.forms import count
from keras_residual.measures.reading import read_with
from keras_residual.measures.table import Table


@checked
def measure(
    model: keras.Model | Analysis,
    data: Any,
    *,
    columns: Columns | ColumnWord | None = None,
    loss: Any = None,
    batch_size: Count = 64,
    progress: bool = True,
) -> Table:
    """Measures every residual unit of a model on data.

    The model runs in inference, operation by operation, and is left as it is: nothing
    is written to it and no layer is added. What is kept in memory is what one unit
    needs; sums are in double precision, and do not depend on how data is cut into
    batches.

    Args:
        model: A Functional or built Sequential model, whoever built it; nested models
            are opened. Or an `Analysis` of one.
        data: An array; a list or a dict of them for several inputs; a tuple of values
            and labels; or an iterable of batches of these: `tf.data`, grain, a
            `PyDataset`, a PyTorch loader, a generator.
        columns: Names of `measures.COLUMNS`, or `"all"`. By default the cheap ones that
            need no labels. `"gradient"`, `"weight_gradient"` and `"lesion"` need labels
            and a loss. A lesion runs half the network for each unit, a gain some ten
            backward passes.
        loss: As `compile` takes it. By default the one that the model is compiled with,
            and its `loss_weights`. Sample weights of the data count in it.
        batch_size: Examples that run at once, where data is arrays.
        progress: Whether a bar is shown on a terminal, in the error stream.

    Returns:
        The table: a row a unit, a column a measure.

    Raises:
        KindError: This is no Keras model, or no data.
        ResidualError: The model has no graph; a column is unknown; labels or the loss
            are missing; data does not fit the inputs.

    Examples:
        >>> x = keras.Input((8,), name="x")
        >>> half = keras.layers.Rescaling(0.5, name="half")
        >>> model = keras.Model(x, keras.layers.Add(name="add")([x, half(x)]))
        >>> table = kr.measure(model, np.ones((4, 8)), columns=["ratio", "cosine"])
        >>> table["ratio"].tolist()
        [0.5]
    """
    analysis, data = read_with(model, data)
    accumulator = Accumulator(analysis, columns, loss)
    for batch in _watched(accumulator, data, batch_size, progress):
        accumulator.take(batch)
    return accumulator.table()


def _watched(
    accumulator: Accumulator, data: Any, batch_size: int, progress: bool
) -> Iterator[Batch]:
    with bar(progress) as shown:
        yield from shown.track(
            batches(accumulator.graph, data, size=batch_size),
            total=count(data, batch_size),
            description=f"measuring {accumulator.name}",
        )


@contextmanager
def bar(progress: bool) -> Iterator[Progress]:
    """Opens a progress bar in the error stream; it is seen on terminals only.

    Args:
        progress: Whether it is shown at all.
    """
    console = Console(stderr=True)
    hidden = not (progress and console.is_terminal)
    with Progress(console=console, transient=True, disable=hidden) as shown:
        yield shown
