"""All that a page shows of a model, gathered before a line of it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras

from keras_residual.checks import Finding
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.units import Unit
from keras_residual.measures import Similarity, Table


@dataclass(frozen=True, eq=False)
class View:
    """A model, read, checked and, where there is data, measured.

    Args:
        model: The model.
        graph: Its graph.
        units: Its residual units.
        findings: What the rules found.
        table: What was measured; None without data.
        similarity: How alike the streams are; None where it was not measured.
        notes: Why a part was not measured, by the part.
    """

    model: keras.Model
    graph: Graph
    units: list[Unit]
    findings: list[Finding]
    table: Table | None
    similarity: Similarity | None
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
