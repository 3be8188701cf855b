"""The section on lesions: what the network loses without each unit."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from keras_residual.measures import Table
from keras_residual.reports.frame import figure
from keras_residual.reports.inspection.facts import plain
from keras_residual.reports.inspection.measures import depth_axis, named
from keras_residual.reports.inspection.view import View


def lesions(view: View) -> str:
    """Charts the lesion of each unit, or says why there is none.

    Args:
        view: What is shown.
    """
    if view.table is None or "lesion" not in view.table.columns:
        return f"<p>{escape(view.notes.get('lesion', ''))}</p>"
    carried, total = view.table.effective_depth, len(view.units)
    worth = f"{carried} of {total} units carry nine tenths of all there is to lose."
    return (
        '<p class="quiet">How much the loss of an example rises, on average, where '
        "the shortcut stands for the unit. Below zero the network does better without. "
        f"{worth if carried else 'Here no unit lowers the loss.'}</p>"
        '<div class="tools"><label>order <select id="order">'
        '<option value="depth">as in the network</option>'
        '<option value="size">largest first</option></select></label></div>'
        f"{figure('lesion', _chart(view.table))}"
    )


def _chart(table: Table) -> go.Figure:
    chart = go.Figure()
    chart.add_bar(
        x=list(range(1, len(table.rows) + 1)),
        y=[plain(value) for value in table["lesion"].tolist()],
        customdata=named(table.units),
        meta="plain",
        hovertemplate="%{customdata}: %{y:.4g}<extra></extra>",
    )
    chart.update_layout(
        xaxis=depth_axis(len(table.rows)), yaxis={"title_text": "rise of the loss"}
    )
    return chart
