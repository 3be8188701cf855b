"""Draws what networks know and cost, the fewer units they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_residual.common.extras import extra
from keras_residual.common.files import in_folder, replacing
from keras_residual.drawing.draw import SUFFIXES, no_format

with extra("report", "A picture"):
    import matplotlib as mpl
    from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from keras_residual.transforms.rewire.curve import Step

_COLOURS = ("#1f6f8b", "#b5651d", "#6b8e23", "#7a5195")


def draw_curves(curves: Mapping[str, Sequence[Step]], path: str | Path) -> None:
    """Draws accuracy against units left, and against time; the kept are filled.

    Where there is no accuracy, it is the loss.

    Args:
        curves: The steps of one network or more, by what they are called.
        path: A file ".png", ".svg" or ".pdf".

    Raises:
        ResidualError: The file has another ending, or is in no folder.
    """
    path = in_folder(path, "draw({})")
    if path.suffix.lower() not in SUFFIXES:
        raise no_format("draw: the curve", path, f'draw("{path.stem}.svg")')
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    measure = "accuracy"
    if any(step.accuracy is None for steps in curves.values() for step in steps):
        measure = "loss"
    for (name, steps), colour in zip(curves.items(), cycle(_COLOURS), strict=False):
        _line(left, steps, "units", measure, color=colour, label=name)
        _line(right, steps, "milliseconds", measure, color=colour)
    left.set(xlabel="residual units left", ylabel=measure)
    right.set(xlabel="one sample, ms")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    if len(curves) > 1:
        left.legend(frameon=False)
    _save(figure, path)


def _line(axes: Axes, steps: Sequence[Step], x: str, y: str, **look: Any) -> None:
    points = [(getattr(step, x), getattr(step, y)) for step in steps]
    axes.plot(*zip(*points, strict=True), "o-", fillstyle="none", **look)
    kept = [point for point, step in zip(points, steps, strict=True) if step.kept]
    axes.plot(*zip(*kept, strict=True), "o", color=look["color"])


def _save(figure: Figure, path: Path) -> None:
    """Writes the same bytes for the same curves."""
    kind = path.suffix.lower()
    unsaid = {".pdf": "CreationDate", ".png": "Software", ".svg": "Date"}
    with (
        replacing(path) as partial,
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "curve"}),
    ):
        figure.savefig(partial, dpi=160, format=kind[1:], metadata={unsaid[kind]: None})
