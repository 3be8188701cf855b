"""The section on how alike the streams after the units are."""

from __future__ import annotations

import math
from html import escape

import plotly.graph_objects as go

from keras_residual.measures import Similarity
from keras_residual.reports.frame import figure
from keras_residual.reports.inspection.measures import depth_axis
from keras_residual.reports.inspection.view import View

_BAR = {"orientation": "h", "y": 1, "yanchor": "bottom", "len": 0.5, "thickness": 8}


def similarity(view: View) -> str:
    """Draws the matrix of CKA, or says why there is none.

    Args:
        view: What is shown.
    """
    if view.similarity is None:
        return f"<p>{escape(view.notes.get('similarity', ''))}</p>"
    return (
        '<p class="quiet">Linear CKA of the streams that leave each two units, on '
        f"{view.similarity.examples:,} examples: 1 is alike, 0 unrelated. Squares of "
        "high values along the diagonal are units that change little.</p>"
        f"{figure('cka', _chart(view.similarity))}"
    )


def _chart(found: Similarity) -> go.Figure:
    places = list(range(1, len(found.units) + 1))
    chart = go.Figure()
    chart.add_heatmap(
        x=places,
        y=places,
        z=[[_short(value) for value in row] for row in found.matrix.tolist()],
        zmin=0,
        zmax=1,
        meta="heat",
        colorbar=_BAR,
        hovertemplate="unit %{y} and unit %{x}: %{z:.2f}<extra></extra>",
    )
    axis = {**depth_axis(len(found.units)), "constrain": "domain"}
    chart.update_layout(
        xaxis=axis,
        yaxis={
            **axis,
            "scaleanchor": "x",
            "range": axis["range"][::-1],
            "constraintoward": "top",
        },
        height=520,
    )
    return chart


def _short(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
