"""All that a page shows of a model, gathered before a line of it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras

from keras_residual.checks import Finding, Rule
from keras_residual.common.errors import ResidualError
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph, Op
from keras_residual.measures import COLUMNS, Similarity, Table, cka, measure
from keras_residual.measures.batches import batches
from keras_residual.measures.column import Columns, ColumnWord
from keras_residual.measures.loss import loss_of
from keras_residual.measures.stream import Attribution, Lens, attribution, lens


@dataclass(frozen=True, eq=False)
class View:
    """A model, read, checked and, where there is data, measured.

    Args:
        model: The model.
        graph: Its graph.
        units: Its residual units.
        rules: The rules that were asked.
        findings: What they found.
        table: What was measured; None without data.
        similarity: How alike the streams are; None where it was not measured.
        lens: What the network would answer at each depth; None likewise.
        attribution: What each unit adds to the answer; None likewise.
        notes: Why a part was not measured, by the part.
    """

    model: keras.Model
    graph: Graph
    units: list[Unit]
    rules: tuple[Rule, ...]
    findings: list[Finding]
    table: Table | None
    similarity: Similarity | None
    lens: Lens | None
    attribution: Attribution | None
    notes: dict[str, str]

    @cached_property
    def number(self) -> dict[str, int]:
        """The number of each unit, by its path."""
        return {unit.path: k for k, unit in enumerate(self.units)}

    @cached_property
    def _holder(self) -> dict[str, int]:
        """The innermost unit that an operation lies in, by the operation's path."""
        sizes = [sum(1 for _ in operations(unit)) for unit in self.units]
        largest_first = sorted(range(len(sizes)), key=lambda k: -sizes[k])
        return {op.path: k for k in largest_first for op in operations(self.units[k])}

    @cached_property
    def findings_at(self) -> list[list[int]]:
        """The numbers of the findings that each unit has."""
        found: list[list[int]] = [[] for _ in self.units]
        for k, finding in enumerate(self.findings):
            at = self.unit_at(finding.path)
            if at is not None:
                found[at].append(k)
        return found

    def unit_at(self, path: str) -> int | None:
        """Returns the number of the unit at a path, or that the operation lies in.

        Args:
            path: Of a unit or an operation.
        """
        return self.number.get(path, self._holder.get(path))


def operations(unit: Unit) -> Iterator[Op]:
    """Yields the operations of a unit, its merge and what follows it included.

    Args:
        unit: The unit.
    """
    for path in (*unit.branches, unit.shortcut or (), unit.after):
        yield from path
    yield unit.merge


def rereadable(data: Any) -> Any:
    """Returns data that can be read several times.

    Args:
        data: As `measure` takes it; what can be read once only is kept in memory.
    """
    if isinstance(data, Iterator):
        return list(data)
    return data


WITH_LABELS = ("gradient", "lesion")


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured.

    Args:
        data: The examples, which can be read again; None where there are none.
        table: The measures of the units.
        similarity: How alike the streams are.
        lens: What the network would answer at each depth.
        attribution: What each unit adds to the answer.
        notes: Why a part is missing, by the part.
    """

    data: Any
    table: Table | None
    similarity: Similarity | None
    lens: Lens | None
    attribution: Attribution | None
    notes: dict[str, str]


def measure_all(
    analysis: Analysis,
    data: Any,
    *,
    columns: Columns | ColumnWord | None,
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
        notes = {"lesion": _BARE, "similarity": _BARE}
        return Measured(None, None, None, None, None, notes)
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
    few = _few(analysis, data)
    read = _asked(lens, analysis, few, notes)
    parts = _asked(attribution, analysis, few, notes)
    return Measured(data, table, similarity, read, parts, notes)


def _few(analysis: Analysis, data: Any) -> Any:
    """Returns the values of the first batch, of 64 examples at most, as data."""
    graph = analysis.graph
    known = next(batches(graph, data, size=_FEW)).known
    first = [x if x is None else x[:_FEW] for x in map(known.get, graph.inputs)]
    return (keras.tree.pack_sequence_as(graph.structure, first),)


def _asked(ask: Any, analysis: Analysis, data: Any, notes: dict[str, str]) -> Any:
    """Asks about the stream; notes the reason where there is no answer."""
    try:
        return ask(analysis, data, progress=False)
    except ResidualError as error:
        told = f"{error.where} {error.given or ''}"
        notes[ask.__name__] = told.strip().removesuffix(".") + "."
    return None


_FEW = 64
_BARE = "This needs data as well."
_UNASKED = 'The lesion was not asked for: columns=[..., "lesion"].'
_NO_LABELS = "A lesion needs labels, to know the loss: data=(x, y)."
_NO_LOSS = (
    "A lesion needs the loss, and the model is not compiled: for class numbers and "
    "logits loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), here or "
    "in model.compile."
)


def _allowed(analysis: Analysis, data: Any, loss: Any) -> tuple[list[Any], str]:
    """Returns the columns that the data allows, and why there is no lesion."""
    names = [column.name for column in COLUMNS.values() if column.default]
    first = next(batches(analysis.graph, data, size=1))
    if first.labels is None:
        return names, _NO_LABELS
    if loss is None:
        try:
            loss_of(analysis, None)
        except ValueError:
            return names, _NO_LOSS
    return [*names, *WITH_LABELS], ""
