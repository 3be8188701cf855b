"""What is told of the model and of each unit, as plain values."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import keras
import numpy as np

from keras_residual.common.terminal import escape
from keras_residual.common.wording import listed
from keras_residual.drawing.words import words
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import WEIGHTED
from keras_residual.measures.definitions import definitions, symbols
from keras_residual.measures.verdicts import starts_stream, verdicts
from keras_residual.reports.frame import facts
from keras_residual.reports.inspection.view import View


def heading(view: View) -> str:
    """Writes the model's name and what one asks of it first.

    Args:
        view: What is shown.
    """
    return f"<h1>{escape(view.model.name)}</h1>{facts(_facts(view))}"


def _facts(view: View) -> list[tuple[str, str]]:
    inputs = [op.index for op in view.graph.ops if not op.sources]
    return [
        ("residual units", f"{len(view.units):,}"),
        ("parameters", f"{view.model.count_params():,}"),
        ("depth, layers with weights", f"{depth(view.graph):,}"),
        ("input", _shapes(view.graph, inputs)),
        ("output", _shapes(view.graph, view.graph.outputs)),
        ("read with", f"Keras {keras.version()}, {keras.config.backend()}"),
        ("on", date.today().isoformat()),
    ]


def depth(graph: Graph) -> int:
    """Returns how many layers with weights the longest path through a graph has.

    Args:
        graph: The graph.
    """
    behind: list[int] = []
    for op in graph.ops:
        before = max((behind[source] for source in op.sources), default=0)
        behind.append(before + (op.kind in WEIGHTED))
    return max(behind, default=0)


def _shapes(graph: Graph, points: list[int]) -> str:
    return listed([shape_of(graph.ops[point].shape) for point in points], 2)


def shape_of(shape: tuple[int | None, ...]) -> str:
    """Writes a shape without the batch: "32 × 32 × 3".

    Args:
        shape: With the batch.
    """
    return " × ".join("?" if size is None else str(size) for size in shape[1:]) or "1"


MOST = 60  # operations of a path that are listed; the branch of a long skip is long


def facts_of(view: View) -> dict[str, Any]:
    """Returns the units, their operations, findings and numbers.

    Args:
        view: What is shown.
    """
    ops: dict[int, list[str]] = {}
    units = [_unit(unit, ops) for unit in view.units]
    for unit, findings in zip(units, view.findings_at, strict=True):
        unit["findings"] = findings
    for k, values in enumerate(_rows(view)):
        unit = view.units[k]
        starts = starts_stream(k, unit.kind)
        found = verdicts(values, starts=starts, form=unit.form)
        units[k]["verdicts"] = [[one.word, one.reason] for one in found]
    return {
        "units": units,
        "ops": ops,
        "findings": [[f.level, f.code, f.message] for f in view.findings],
        "columns": _columns(view),
        "ramp": _ramp(),
    }


def _unit(unit: Unit, ops: dict[int, list[str]]) -> dict[str, Any]:
    def listed(path: tuple[Op, ...]) -> list[int]:
        for op in path[:MOST]:
            said = words(op) or op.kind
            ops[op.index] = [op.path, said, shape_of(op.shape)]
        return [op.index for op in path[:MOST]] + [-1] * (len(path) > MOST)

    return {
        "path": unit.path,
        "facts": [
            ["entry", unit.entry.path],
            ["merge", unit.form],
            ["shortcut", unit.kind.replace("_", " ")],
            ["stride", f"{unit.stride:g}"],
            ["channels", str(unit.channels or "?")],
            ["stream", f"{shape_of(unit.entry.shape)} → {shape_of(unit.merge.shape)}"],
        ],
        "branches": [listed(path) for path in unit.branches],
        "shortcut": listed(unit.shortcut or ()),
        "after": listed(unit.after),
        "verdicts": [],
    }


def _rows(view: View) -> list[dict[str, float]]:
    if view.table is None:
        return []
    names = view.table.columns
    return [dict(zip(names, row.values, strict=True)) for row in view.table.rows]


def _columns(view: View) -> list[dict[str, Any]]:
    table = view.table
    if table is None:
        return []
    return [
        {
            "name": name,
            "title": title,
            "meaning": definitions()[name].meaning,
            "watch": definitions()[name].watch,
            "symbols": symbols(),
            "values": [plain(value) for value in table[name].tolist()],
        }
        for name, title in zip(table.columns, table.titles, strict=True)
    ]


def plain(value: float) -> float | None:
    """Returns a number as JSON can say it, to six digits; None where there is none.

    Args:
        value: The number.
    """
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _ramp() -> list[str]:
    """Returns viridis in a few steps: evenly lighter, in order for every eye."""
    from keras_residual.drawing.scale import viridis

    return [viridis(at) for at in np.linspace(0, 1, 17).tolist()]
