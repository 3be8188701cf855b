"""Takes batches in, one after the other, and gives the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.graph.agreement import must_agree
from keras_residual.graph.analysis import Analysis, analysis_of
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.running import Runner
from keras_residual.measures import (
    balance,
    depth_profile,
    gain,
    gates,
    lanes,
    lesion,
    propagation,
)
from keras_residual.measures.batches import Batch
from keras_residual.measures.column import Column, ForwardPass, Sight, Totals
from keras_residual.measures.loss import Losses, loss_of
from keras_residual.measures.table import Row, Table
from keras_residual.measures.unit_activations import UnitPaths

COLUMNS = {
    column.name: column
    for column in (
        balance.RATIO,
        balance.COSINE,
        balance.NEGATIVE,
        propagation.STREAM_MEAN,
        propagation.STREAM_VARIANCE,
        propagation.BRANCH_MEAN,
        propagation.BRANCH_VARIANCE,
        balance.INFLUENCE,
        gates.GATE,
        gates.SCALE,
        depth_profile.GRADIENT,
        depth_profile.WEIGHT_GRADIENT,
        lesion.LESION,
        gain.GAIN,
        lanes.MIXING_FORWARD,
        lanes.MIXING_BACKWARD,
        lanes.LANE_SIMILARITY,
    )
}


class Accumulator:
    """Measures a model batch by batch.

    The graph is read once; the weights are those of the moment at which a batch is
    taken in.

    Args:
        model: A Functional or built Sequential model, or an `Analysis` of one.
        columns: Names; None for the default ones, `"all"` for all.
        loss: As `measure` takes it.
    """

    def __init__(
        self,
        model: keras.Model | Analysis,
        columns: Iterable[str] | str | None = None,
        loss: Any = None,
    ) -> None:
        self.columns = choose(columns)
        self._analysis = analysis = analysis_of(model)
        self._model, self.graph = analysis.model, analysis.graph
        self.name, self._believed = self._model.name, False
        self._units = tuple(UnitPaths(self.graph, unit) for unit in analysis.units)
        kept = {paths.unit.merge.index: paths.kept for paths in self._units}
        self._runner = Runner(self.graph, kept)
        self._loss = None
        if any(column.needs_labels for column in self.columns):
            self._loss = loss_of(analysis, loss)
        self.clear()

    def clear(self) -> None:
        """Forgets what was measured."""
        self._examples = 0
        self._totals: dict[tuple[str, int], Totals] = {}

    def take(self, batch: Batch) -> None:
        """Takes in a batch.

        Args:
            batch: Values, and labels where a column needs them.

        Raises:
            ResidualError: Labels are needed and there are none; or what is run
                operation by operation is not what the model computes.
        """
        forward = self._forward(batch)
        sights: dict[Sight, list[Column]] = {}
        for column in self.columns:
            sights.setdefault(column.sight, []).append(column)
        with without_gradients():
            if not self._believed:
                must_agree(self._runner, self._model, batch.known)
                self._believed = True
            for sight, looking in sights.items():
                for k, seen in sight(forward):
                    for column in looking:
                        self._add(column, k, seen)
        self._examples += batch.examples

    def table(self) -> Table:
        """Returns what was measured so far."""
        rows = tuple(
            Row(
                paths.unit.path,
                paths.unit.kind,
                tuple(self._value(column, k) for column in self.columns),
                paths.unit.form,
            )
            for k, paths in enumerate(self._units)
        )
        return Table(
            model=self.name,
            examples=self._examples,
            columns=tuple(column.name for column in self.columns),
            titles=tuple(column.title for column in self.columns),
            rows=rows,
            notes=(
                *_notes(self.columns, rows, self._overflown()),
                *self._analysis.notes,
            ),
        )

    def _forward(self, batch: Batch) -> ForwardPass:
        loss, labels = self._loss, batch.labels
        if loss is not None and labels is None:
            named = [column.name for column in self.columns if column.needs_labels]
            raise ResidualError(
                f'Measure "{self.name}": there are no labels.',
                given=f"columns {', '.join(named)}, and data of values alone",
                needed="These columns need the loss, and the loss needs labels.",
                write="measure(model, (x, y), ...), or leave these columns out",
            )

        def losses(outputs: list[Any]) -> Losses:
            assert loss is not None  # noqa: S101  only columns with labels ask
            return loss.of(labels, self.graph.packed(outputs), batch.weights)

        return ForwardPass(
            self._runner, self._units, batch.known, batch.examples, losses
        )

    def _add(self, column: Column, k: int, seen: Any) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # the notes say so
            new = column.adds(seen)
        if new is not None:
            key = (column.name, k)
            self._totals[key] = self._totals[key] + new if key in self._totals else new

    def _value(self, column: Column, k: int) -> float:
        total = self._totals.get((column.name, k))
        if total is None or not np.isfinite(total).all():
            return float("nan")
        return column.finish(total)

    def _overflown(self) -> Counter[str]:
        """Counts for each column the units whose numbers are not finite."""
        return Counter(
            name
            for (name, _), total in self._totals.items()
            if not np.isfinite(total).all()
        )


def choose(columns: Iterable[str] | str | None) -> tuple[Column, ...]:
    """Returns the columns of these names, in the order of the names.

    Args:
        columns: Names; None for the default ones, `"all"` for all.

    Raises:
        ResidualError: A name is unknown.
    """
    if columns is None:
        return tuple(column for column in COLUMNS.values() if column.default)
    if columns == "all":
        return tuple(COLUMNS.values())
    names = [columns] if isinstance(columns, str) else list(dict.fromkeys(columns))
    for name in names:
        if name not in COLUMNS:
            near = get_close_matches(str(name), COLUMNS, n=1, cutoff=0.5)
            raise ResidualError(
                f"Measure: there is no column {name!r}.",
                given=f"columns={names!r}",
                needed=f"The columns are {', '.join(COLUMNS)}.",
                write=f"columns={near or ['ratio']!r}",
            )
    return tuple(COLUMNS[name] for name in names)


def _notes(
    columns: tuple[Column, ...], rows: tuple[Row, ...], overflown: Counter[str]
) -> Iterable[str]:
    for at, column in enumerate(columns):
        missing = sum(bool(np.isnan(row.values[at])) for row in rows)
        too_large = overflown[column.name]
        for count, why in (
            (too_large, "the network's values are too large for their dtype, or NaN"),
            (missing - too_large, column.missing),
        ):
            if count:
                units = f"{count} unit{'s' * (count > 1)}"
                yield f"{column.name}: missing for {units}; {why}"
