"""The table of a measurement: a row a unit, a column a measure."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rich.table
from numpy.typing import NDArray
from rich.markup import escape

from keras_residual.common.errors import ResidualError
from keras_residual.common.files import in_folder
from keras_residual.common.shown import Wide
from keras_residual.common.terminal import cell
from keras_residual.measures.lesion import effective_depth
from keras_residual.measures.verdicts import MEANINGS, starts_stream, verdicts

if TYPE_CHECKING:
    from os import PathLike


@dataclass(frozen=True)
class Row:
    """What was measured of one unit.

    Args:
        unit: The unit's path.
        kind: What its shortcut is.
        values: A number for each column of the table; NaN where there is none.
        form: How it joins its paths.
    """

    unit: str
    kind: str
    values: tuple[float, ...]
    form: str = "add"


@dataclass(frozen=True, repr=False)
class Table(Wide):
    """What was measured, a row a residual unit in the order of the network.

    `table["ratio"]` is a column, as NumPy numbers. It prints with rich, or `str`.

    Args:
        model: Name of the model.
        examples: How many were looked at.
        columns: Names of the columns.
        titles: What stands above them in print.
        rows: The units.
        notes: Why numbers are missing where they are.
    """

    model: str
    examples: int
    columns: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """The path of each unit."""
        return tuple(row.unit for row in self.rows)

    @property
    def effective_depth(self) -> int | None:
        """How many units carry nine tenths of the lesions; None if not measured."""
        return effective_depth(self["lesion"]) if "lesion" in self.columns else None

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        if column not in self.columns:
            raise ResidualError(
                f'Table of "{self.model}": {column!r} was not measured.',
                needed=f"It has {', '.join(self.columns)}.",
                write=f"measure(model, data, columns=[{column!r}])",
            )
        at = self.columns.index(column)
        return np.array([row.values[at] for row in self.rows])

    def verdicts(self) -> dict[str, tuple[str, ...]]:
        """Returns what is remarkable about units, in words, by the unit's path."""
        found = dict(zip(self.units, self._words(), strict=True))
        return {unit: words for unit, words in found.items() if words}

    def to_dict(self) -> dict[str, Any]:
        """Returns the table as plain values for JSON; None stands for no number."""
        rows = [
            {
                "unit": row.unit,
                "kind": row.kind,
                **{k: _plain(v) for k, v in self._values(row).items()},
                "verdicts": list(words),
            }
            for row, words in zip(self.rows, self._words(), strict=True)
        ]
        return {
            "model": self.model,
            "examples": self.examples,
            "effective_depth": self.effective_depth,
            "rows": rows,
            "notes": list(self.notes),
        }

    def to_csv(self, path: str | PathLike[str] | None = None) -> str:
        """Returns the table as comma-separated values, every digit kept.

        Args:
            path: A file to write them to, as well.

        Raises:
            ResidualError: There is no such folder.
        """
        place = None if path is None else in_folder(path, "table.to_csv({})")
        page = io.StringIO()
        writer = csv.writer(page, lineterminator="\n")
        writer.writerow(["unit", "kind", *self.columns])
        for row in self.rows:
            cells = ["" if math.isnan(v) else repr(v) for v in row.values]
            writer.writerow([cell(row.unit), row.kind, *cells])
        if place is not None:
            place.write_text(page.getvalue(), encoding="utf-8")
        return page.getvalue()

    def __rich__(self) -> rich.table.Table:
        made = rich.table.Table(
            title=f"{escape(self.model)}: {_count(self.rows)}, "
            f"{self.examples} examples",
            caption="\n".join(self._footnotes()) or None,
            caption_justify="left",
            box=None,
        )
        made.add_column("unit", overflow="fold")
        for title in self.titles:
            made.add_column(title, justify="right", no_wrap=True)
        made.add_column("", no_wrap=True)
        for row, words in zip(self.rows, self._words(), strict=True):
            cells = ["–" if math.isnan(v) else f"{v:.3g}" for v in row.values]
            made.add_row(escape(row.unit), *cells, ", ".join(words))
        return made

    def _footnotes(self) -> list[str]:
        depth = self.effective_depth
        carried = f"effective depth {depth}: so many units carry 90 % of the lesions"
        said = {word for words in self._words() for word in words}
        meanings = [f"{word}: {why}" for word, why in MEANINGS.items() if word in said]
        return [*([] if depth is None else [carried]), *meanings, *self.notes]

    def _values(self, row: Row) -> dict[str, float]:
        return dict(zip(self.columns, row.values, strict=True))

    def _words(self) -> list[tuple[str, ...]]:
        """Returns what is remarkable about each unit."""
        found = (
            verdicts(
                self._values(row),
                starts=starts_stream(place, row.kind),
                form=row.form,
            )
            for place, row in enumerate(self.rows)
        )
        return [tuple(verdict.word for verdict in each) for each in found]


def _count(rows: tuple[Row, ...]) -> str:
    return f"{len(rows)} unit{'s' * (len(rows) != 1)}"


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
