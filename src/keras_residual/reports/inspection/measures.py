"""The section on what was measured: a chart over depth."""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go

from keras_residual.measures import Table
from keras_residual.reports.frame import figure
from keras_residual.reports.inspection.facts import plain
from keras_residual.reports.inspection.view import View


def measures(view: View) -> str:
    """Charts a column over depth, or says how to get numbers.

    Args:
        view: What is shown.
    """
    if view.table is None:
        return _without_data()
    options = "".join(
        f'<option value="{k}">{escape(title)}</option>'
        for k, title in enumerate(view.table.titles)
    )
    return (
        f'<p class="quiet">On {view.table.examples:,} examples, in inference. '
        "A point is a unit: click it.</p>"
        f'<div class="tools"><label>show <select id="column">{options}</select></label>'
        f"</div>{figure('measure', _chart(view.table))}"
    )


def _chart(table: Table) -> go.Figure:
    chart = go.Figure()
    chart.add_scatter(
        x=list(range(1, len(table.rows) + 1)),
        y=[plain(value) for value in table[table.columns[0]].tolist()],
        customdata=named(table.units),
        mode="lines+markers",
        meta="plain",
        hovertemplate="%{x} %{customdata}: %{y:.4g}<extra></extra>",
    )
    chart.update_layout(
        xaxis=depth_axis(len(table.rows)), yaxis={"title_text": table.titles[0]}
    )
    return chart


def named(paths: tuple[str, ...]) -> list[str]:
    """Returns paths as a figure may show them: it takes some markup in its texts.

    Args:
        paths: Of units.
    """
    return [escape(path) for path in paths]


def depth_axis(units: int) -> dict[str, Any]:
    """Returns the axis along the units, in the order of the network.

    Args:
        units: How many there are.
    """
    whole = max(1, round(units / 10))  # there is no unit 1.5
    ends = [0.5, units + 0.5]
    return {"title_text": "unit", "tick0": whole, "dtick": whole, "range": ends}


def _without_data() -> str:
    return (
        "<p>Numbers need data: how large a branch is beside its stream, what the "
        "network loses without a unit, how alike the streams are. Give some:</p>"
        '<pre class="card"><code>keras-residual inspect FILE --data DATA</code></pre>'
        '<pre class="card"><code>kr.inspect(model, "page.html", data=(x, y))'
        "</code></pre>"
    )
