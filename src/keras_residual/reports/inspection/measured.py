"""What is measured for a page, as far as the data allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from keras_residual.graph.analysis import Analysis
from keras_residual.measures import COLUMNS, Similarity, Table, cka, measure
from keras_residual.measures.batches import batches
from keras_residual.measures.loss import loss_of
from keras_residual.reports.inspection.view import rereadable

WITH_LABELS = ("gradient", "lesion")


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured.

    Args:
        data: The examples, which can be read again; None where there are none.
        table: The measures of the units.
        similarity: How alike the streams are.
        notes: Why a part is missing, by the part.
    """

    data: Any
    table: Table | None
    similarity: Similarity | None
    notes: dict[str, str]


def measure_all(
    analysis: Analysis,
    data: Any,
    *,
    columns: Iterable[str] | str | None,
    loss: Any,
    batch_size: int,
    progress: bool,
) -> Measured:
    """Measures a model.

    Args:
        analysis: What was read of the model.
        data: As `measure` takes it, or None.
        columns: As `measure` takes them; None for what the data allows.
        loss: As `measure` takes it.
        batch_size: Examples that run at once.
        progress: Whether a bar is shown.
    """
    if data is None:
        return Measured(
            None, None, None, dict.fromkeys(("lesion", "similarity"), _BARE)
        )
    data, notes = rereadable(data), {"lesion": _UNASKED}
    if columns is None:
        columns, notes["lesion"] = _allowed(analysis, data, loss)
    how: Any = {"batch_size": batch_size, "progress": progress}
    table = measure(analysis, data, columns=columns, loss=loss, **how)
    similarity = None
    if len(table.rows) < 2:
        notes["similarity"] = "Streams are compared where there are two units or more."
    elif table.examples < 4:
        notes["similarity"] = "Streams are compared on four examples or more."
    else:
        similarity = cka(analysis, data, **how)
    return Measured(data, table, similarity, notes)


_BARE = "This needs data as well."
_UNASKED = 'The lesion was not asked for: columns=[..., "lesion"].'
_NO_LABELS = "A lesion needs labels, to know the loss: data=(x, y)."
_NO_LOSS = (
    "A lesion needs the loss, and the model is not compiled: "
    'loss="sparse_categorical_crossentropy", for example.'
)


def _allowed(analysis: Analysis, data: Any, loss: Any) -> tuple[list[str], str]:
    """Returns the columns that the data allows, and why there is no lesion."""
    names = [column.name for column in COLUMNS.values() if column.default]
    first = next(batches(analysis.graph, data, size=1))
    if first.labels is None:
        return names, _NO_LABELS
    if loss is None:
        try:
            loss_of(analysis.model, None)
        except ValueError:
            return names, _NO_LOSS
    return [*names, *WITH_LABELS], ""
