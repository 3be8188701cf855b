"""Examples held out: each with where it was read, and what is in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.terminal import escape
from keras_residual.train.data import Dataset
from keras_residual.train.report.sections import data_uri

CELLS = 12  # of a row; the file has all
CHANNELS, POINTS = 4, 120  # that a small curve shows
_INDEX = "An index counts from 0: in the part that came held out, or else in all."


def cases(items: Iterable[tuple[int, str, str]], dataset: Dataset) -> str:
    """Shows examples held out, with what was said of each.

    Args:
        items: Number of the example, what the network says, and what is so, as HTML.
        dataset: Where the examples are.
    """
    shown = "".join(f"<li>{_case(*item, dataset)}</li>" for item in items)
    look = "mistakes wide" if dataset.kind in ("table", "sequence") else "mistakes"
    named = dataset.row or isinstance(dataset.test.origin(0), Path)
    said = "" if named else f'<p class="quiet">{_INDEX}</p>'
    return f'{said}<ul class="{look}">{shown}</ul>'


def _case(number: int, says: str, truth: str, dataset: Dataset) -> str:
    origin = dataset.test.origin(number)
    if isinstance(origin, Path):
        place, cells = "/".join(origin.parts[-2:]), {}
    elif dataset.row:
        place, cells = dataset.row(origin)
    else:
        place, cells = f"index {origin}", {}
    return (
        f"<figure>{_seen(number, place, dataset)}<figcaption>{says}<br>{truth}<br>"
        f'<span class="where">{escape(place)}</span></figcaption>{_row(cells)}</figure>'
    )


def _seen(number: int, place: str, dataset: Dataset) -> str:
    """Shows an example, where there is something to see in it."""
    if dataset.kind == "table":
        return ""
    values = dataset.test.batch(np.array([number]))[0]
    if dataset.kind == "sequence":
        return _curve(values, place)
    if dataset.kind == "volume":
        values, place = values[len(values) // 2], f"{place}, its middle slice"
    return f'<img alt="{escape(place)}" src="{data_uri(values)}">'


def _row(cells: dict[str, str]) -> str:
    told = list(cells.items())[:CELLS]
    inner = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in told)
    more = f"<small>and {len(cells) - CELLS} more</small>" if len(cells) > CELLS else ""
    return f"<dl>{inner}</dl>{more}" if cells else ""


def _curve(values: NDArray, place: str) -> str:
    """Draws the first channels of a signal between its lowest and highest value."""
    shown = _ends(np.asarray(values, np.float64)[:, :CHANNELS])
    low, high = float(shown.min()), float(shown.max())
    heights = 38 - 36 * (shown - low) / max(high - low, 1e-12)
    across = np.linspace(0, 120, len(shown))
    lines = "".join(
        '<polyline points="'
        + " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, line, strict=True))
        + '"/>'
        for line in heights.T
    )
    few = f", {CHANNELS} of {values.shape[1]} channels" * (values.shape[1] > CHANNELS)
    about = f"{place}: {len(values):,} steps from {low:.3g} to {high:.3g}{few}"
    return (
        f'<svg class="signal" viewBox="0 0 120 40" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(about)}"><title>{escape(about)}</title>'
        f"{lines}</svg>"
    )


def _ends(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keeps the lowest and the highest value of each stretch: no peak is lost."""
    if len(values) <= 2 * POINTS:
        return values
    stretches = np.array_split(values, POINTS)
    pairs = [(part.min(axis=0), part.max(axis=0)) for part in stretches]
    return np.array(pairs).reshape(-1, values.shape[1])
