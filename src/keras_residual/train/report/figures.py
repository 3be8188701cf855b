"""The interactive figures, as data; their colours come from the page's style."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import without_shared
from keras_residual.reports.frame import blank
from keras_residual.train.run_folder import Row

if TYPE_CHECKING:
    import plotly.graph_objects as go

DOTS = 2_000  # points that a browser still moves with ease
DEAD = 1e-3  # a ratio below which a unit does nothing
READABLE = 20  # classes up to which counts are written into the confusion matrix


def curve(rows: list[Row], title: str, **columns: str) -> go.Figure:
    """Draws columns of the history against the epoch.

    Args:
        rows: The history.
        title: What is drawn, with its unit.
        columns: The style's colour for a line, and the column it shows.
    """
    figure = blank()
    labels = {"train": "training", "held": "held out", "plain": title}
    for colour, column in columns.items():
        figure.add_scatter(
            x=[row["epoch"] for row in rows],
            y=[row[column] for row in rows],
            name=labels[colour],
            meta=colour,
            mode="lines+markers",
            hovertemplate="%{y:.4g}",
        )
    figure.update_layout(
        title_text=title,
        hovermode="x unified",
        hoverdistance=-1,  # the nearest epoch, however far the pointer is
        showlegend=len(columns) > 1,
        xaxis=_epochs(rows),
    )
    return figure


def bars(rows: list[Row]) -> go.Figure:
    """Draws the seconds of each epoch.

    Args:
        rows: The history.
    """
    figure = blank()
    figure.add_bar(
        x=[row["epoch"] for row in rows],
        y=[row["seconds"] for row in rows],
        meta="plain",
        hovertemplate="epoch %{x}: %{y:.1f} s<extra></extra>",
    )
    figure.update_layout(title_text="seconds per epoch", xaxis=_epochs(rows))
    return figure


def _epochs(rows: list[Row]) -> dict[str, object]:
    whole = max(1, round(len(rows) / 6))  # there is no epoch 1.5
    return {"title_text": "epoch", "dtick": whole, "tick0": whole}


def units(ratios: dict[int, dict[str, float | None]]) -> go.Figure:
    """Draws the branch-to-stream ratio of each unit over the steps.

    The scale is logarithmic and reaches from the smallest ratio to the largest.

    Args:
        ratios: By step, by unit; the first unit stands at the bottom.
    """
    names = list(next(iter(ratios.values())))
    rows = [[reading[name] for reading in ratios.values()] for name in names]
    shades = [[None if r is None else log10(max(r, DEAD)) for r in row] for row in rows]
    known = [shade for row in shades for shade in row if shade is not None] or [0.0]
    low, high = min(known), max(known)
    figure = blank()
    figure.add_heatmap(
        x=[str(step) for step in ratios],
        y=names,
        z=shades,
        customdata=rows,
        zmin=low,
        zmax=max(high, low + 0.01),  # of one colour, where all are alike
        meta="heat",
        colorbar=_scale(low, high),
        hovertemplate="step %{x}, %{y}: %{customdata:.3g}<extra></extra>",
    )
    figure.update_layout(
        xaxis={"type": "category", "title_text": "step"},
        yaxis=_rows(names),
        height=max(280, min(900, 170 + 22 * len(names))),
    )
    return figure


def _rows(names: list[str]) -> dict[str, Any]:
    """Returns an axis that names units by what tells them apart, as many as fit."""
    each = max(1, -(-len(names) // 36))
    short = without_shared(names)
    return {"type": "category", "tickvals": names[::each], "ticktext": short[::each]}


def _scale(low: float, high: float) -> dict[str, Any]:
    """Returns the legend of a logarithmic scale: its ends, and 1 if it lies between."""
    room = (high - low) / 5  # so that no two numbers touch
    one = [0.0] if low + room < 0 < high - room else []
    ticks = dict.fromkeys([low, *one, high])
    return {
        "title": {"text": "branch / stream", "side": "top"},
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "len": 0.5,
        "thickness": 10,
        "tickvals": [*ticks],
        "ticktext": [f"{10**tick:.2g}" for tick in ticks],
    }


def confusion_matrix(counts: NDArray[np.int64], classes: tuple[str, ...]) -> go.Figure:
    """Draws how often each class was named as which.

    Args:
        counts: A row a class, a column the class that was named.
        classes: Their names.
    """
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = blank()
    figure.add_heatmap(
        x=list(classes),
        y=list(classes),
        z=share.round(4).tolist(),
        customdata=counts.tolist(),
        text=np.where(counts > 0, counts.astype(str), "").tolist(),
        texttemplate="%{text}" if len(classes) <= READABLE else "",
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        meta="heat",
        showscale=False,
        hovertemplate="%{y}, named %{x}: %{customdata} (%{z:.1%})<extra></extra>",
    )
    axis = {"type": "category", "title_standoff": 12}
    figure.update_layout(
        xaxis={**axis, "title_text": "named"},
        yaxis={**axis, "title_text": "is", "autorange": "reversed"},
        height=max(360, min(900, 120 + 38 * len(classes))),
    )
    return figure


def against(truth: NDArray, answers: NDArray, title: str) -> go.Figure:
    """Draws what a network answers against what is true.

    Args:
        truth: In the data's units.
        answers: In the same units.
        title: Name of the target.
    """
    number = np.unique(np.linspace(0, len(truth) - 1, DOTS).astype(int))
    ends = [
        float(min(truth.min(), answers.min())),
        float(max(truth.max(), answers.max())),
    ]
    figure = blank()
    figure.add_scatter(x=ends, y=ends, meta="train", mode="lines", hoverinfo="skip")
    figure.add_scatter(
        x=truth[number].tolist(),
        y=answers[number].tolist(),
        customdata=number.tolist(),
        meta="held",
        mode="markers",
        hovertemplate="number %{customdata}: %{y:.4g}, is %{x:.4g}<extra></extra>",
    )
    figure.update_layout(
        title_text=title,
        showlegend=False,
        xaxis={"title_text": "true"},
        yaxis={"title_text": "predicted"},
        height=360,
    )
    return figure


def spread(residuals: NDArray, title: str) -> go.Figure:
    """Draws how often answers are off by how much.

    Args:
        residuals: Answer minus truth.
        title: Name of the target.
    """
    counts, edges = np.histogram(residuals, bins="auto" if len(residuals) < 500 else 40)
    figure = blank()
    figure.add_bar(
        x=((edges[1:] + edges[:-1]) / 2).tolist(),
        y=counts.tolist(),
        meta="plain",
        hovertemplate="off by %{x:.3g}: %{y}<extra></extra>",
    )
    figure.update_layout(
        title_text=f"{title}: predicted minus true",
        bargap=0.05,
        xaxis={"title_text": "off by"},
        yaxis={"title_text": "examples"},
        height=360,
    )
    return figure
