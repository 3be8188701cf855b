"""The residual stream as charts: the lens over depth, and the parts of a logit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from keras_residual.common.terminal import escape
from keras_residual.common.wording import counted
from keras_residual.measures.stream import Attribution, Lens
from keras_residual.reports.frame import blank, figure
from keras_residual.reports.inspection.charts import BAR, named
from keras_residual.reports.inspection.facts import plain
from keras_residual.reports.inspection.view import View

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST = 200  # positions, the last ones
_CLASSES = 30  # those that are the answer most often


def stream(view: View) -> str:
    """Draws the lens and the attribution, or says why one of them is missing.

    Args:
        view: What is shown.
    """
    return _lens(view) + _attribution(view)


def _lens(view: View) -> str:
    found = view.lens
    if found is None:
        return f"<p>{escape(view.notes['lens'])}</p>"
    told = (
        "how far the final answer is from it, in nats (Kullback-Leibler divergence)"
        if found.kl.ndim == 3
        else "the share of examples whose answer is a class"
    )
    return (
        '<p class="quiet">The lens: what the network would answer if its read-out came '
        f"after each unit, on {counted(found.top.shape[1], 'example')}. A square is "
        f"{told}.</p>{figure('lens', _of_lens(found))}"
    )


def _of_lens(found: Lens) -> go.Figure:
    if found.kl.ndim == 3:
        values, places = found.kl.mean(1)[:, -_MOST:], "position"
        labels = list(range(found.kl.shape[2])[-_MOST:])
    else:
        flat, places = found.top.reshape(len(found.top), -1), "class"
        classes, counts = np.unique(flat, return_counts=True)
        labels = np.sort(classes[np.argsort(-counts)[:_CLASSES]]).tolist()
        values = np.stack([(flat == label).mean(1) for label in labels], axis=1)
    chart = blank()
    names = named(found.points)
    chart.add_heatmap(
        x=[str(label) for label in labels],
        y=list(range(len(names))),
        z=[[plain(value) for value in row] for row in values.tolist()],
        customdata=[[name] * len(labels) for name in names],
        meta="heat",
        colorbar=BAR,
        hovertemplate=f"%{{customdata}}, {places} %{{x}}: %{{z:.3g}}<extra></extra>",
    )
    whole = max(1, len(names) // 8)
    ends = [len(names) - 0.5, -0.5]
    depth = {"title_text": "units passed", "tick0": 0, "dtick": whole, "range": ends}
    chart.update_layout(
        xaxis={"title": {"text": places, "standoff": 16}, "type": "category"},
        yaxis=depth,
        height=420,
    )
    return chart


def _attribution(view: View) -> str:
    found = view.attribution
    if found is None:
        return f"<p>{escape(view.notes['attribution'])}</p>"
    return (
        '<p class="quiet">Attribution: what each unit adds to the logit of the answer, '
        "directly, with the norms of the read-out held; the mean of "
        f"{counted(len(found.total), 'example')}. The bars add up to the logit, "
        f"{found.total.mean():.4g}.</p>{figure('attribution', _of_parts(found))}"
    )


def _of_parts(found: Attribution) -> go.Figure:
    names: Any = named(found.parts)
    middle = [str(k + 1) for k in range(len(names) - 2)]
    chart = blank()
    chart.add_bar(
        x=["start", *middle, "constant"],
        y=[plain(value) for value in found.values.mean(1).tolist()],
        customdata=names,
        meta="plain",
        hovertemplate="%{customdata}: %{y:.4g}<extra></extra>",
    )
    chart.update_layout(
        xaxis={"title_text": "unit of the stream", "type": "category"},
        yaxis={"title_text": "adds to the logit"},
    )
    return chart
