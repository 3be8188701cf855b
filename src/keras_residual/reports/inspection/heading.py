"""The head of the page: what model this is."""

from __future__ import annotations

from datetime import date
from html import escape

import keras

from keras_residual.graph.graph import Graph
from keras_residual.graph.kinds import WEIGHTED
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
    told = [shape_of(graph.ops[point].shape) for point in points]
    return ", ".join(told[:2]) + (f" and {len(told) - 2} more" if told[2:] else "")


def shape_of(shape: tuple[int | None, ...]) -> str:
    """Writes a shape without the batch: "32 × 32 × 3".

    Args:
        shape: With the batch.
    """
    return " × ".join("?" if size is None else str(size) for size in shape[1:]) or "1"
