"""What was measured, as charts: over depth, of lesions, of how alike streams are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from keras_residual.common.terminal import escape
from keras_residual.measures import Similarity, Table
from keras_residual.reports.frame import blank, figure
from keras_residual.reports.inspection.facts import plain
from keras_residual.reports.inspection.view import View

if TYPE_CHECKING:
    import plotly.graph_objects as go


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
        '<span class="defined" data-of="column"></span>'
        f"</div>{figure('measure', _over_depth(view.table))}"
    )


def _over_depth(table: Table) -> go.Figure:
    chart = blank()
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
        f"{figure('lesion', _of_lesions(view.table))}"
    )


def _of_lesions(table: Table) -> go.Figure:
    chart = blank()
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


BAR = {"orientation": "h", "y": 1, "yanchor": "bottom", "len": 0.5, "thickness": 8}


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
        f"{figure('cka', _of_cka(view.similarity))}"
    )


def _of_cka(found: Similarity) -> go.Figure:
    places = list(range(1, len(found.units) + 1))
    chart = blank()
    chart.add_heatmap(
        x=places,
        y=places,
        z=[[_short(value) for value in row] for row in found.matrix.tolist()],
        zmin=0,
        zmax=1,
        meta="heat",
        colorbar=BAR,
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
