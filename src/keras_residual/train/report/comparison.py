"""The table and the pictures of a comparison."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from keras_residual.common.extras import extra
from keras_residual.common.terminal import cell
from keras_residual.reports.frame import blank, figure, html_page
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import TITLES
from keras_residual.train.twins import Twin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"residual": "#1f6f8b", "plain": "#9a8f7d"}
STYLES = {"residual": "held", "plain": "train"}  # their names in the page's style


def write_comparison(folder: RunFolder, twins: Sequence[Twin], metric: str) -> None:
    """Writes `compare.csv`, `compare.png` and `compare.html`.

    Args:
        folder: Where they go.
        twins: A row a run.
        metric: What their score is: "accuracy", "r2" or "f1".
    """
    text = io.StringIO()
    rows = [twin.row(metric) for twin in twins]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    folder.write_text(folder.path / "compare.csv", text.getvalue())
    said = f"{TITLES[metric]} on the examples held out"
    with folder.replacing(folder.path / "compare.png") as partial:
        _picture(twins, said).savefig(partial, dpi=160)
    folder.write_text(folder.path / "compare.html", _page(rows, twins, said))


def _picture(twins: Sequence[Twin], said: str) -> Figure:
    # A figure of its own: pyplot would keep it open, and choose a window system.
    with extra("report", "The picture of a comparison"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for kind, colour in COLOURS.items():
        depths, means = _means(twins, kind)
        axes.plot(depths, means, "-", color=colour, linewidth=2)
        axes.plot(*_points(twins, kind), "o", color=colour, markersize=5)
        label = {"color": colour, "xytext": (8, 0), "textcoords": "offset points"}
        axes.annotate(kind, (depths[-1], means[-1]), va="center", **label)
    axes.set(xlabel="layers", ylabel=said)
    axes.set_xticks(sorted({twin.depth for twin in twins}))
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.16, y=0.1)
    return figure


def _page(rows: list[dict[str, Any]], twins: Sequence[Twin], said: str) -> str:
    shown = blank()
    for kind, style in STYLES.items():
        depths, means = _means(twins, kind)
        shown.add_scatter(x=depths, y=means, name=kind, meta=style, mode="lines")
        depths, values = _points(twins, kind)
        points = {"mode": "markers", "showlegend": False, "name": kind, "meta": style}
        shown.add_scatter(x=depths, y=values, **points)
    shown.update_layout(
        title_text=said,
        xaxis={"title_text": "layers", "tickvals": _means(twins, "plain")[0]},
        height=420,
    )
    cells = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in rows[0])
    return html_page(
        "Residual networks and their plain twins",
        "<h1>What the skip is worth at each depth</h1>"
        '<p class="quiet">Each residual network and its plain twin, the same network '
        "without shortcuts, were trained by one recipe from one seed.</p>"
        f"{figure('depths', shown)}<h2>Every run</h2>"
        f"<table><tr>{cells}</tr>{''.join(_row(row) for row in rows)}</table>",
    )


def _row(row: dict[str, Any]) -> str:
    cells = (
        f"{value:.4g}"
        if isinstance(value, float)
        else escape(f"{value:,}")
        if isinstance(value, int)
        else escape(value)
        for value in row.values()
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _points(twins: Sequence[Twin], kind: str) -> tuple[list[int], list[float]]:
    chosen = [twin for twin in twins if twin.kind == kind]
    return [twin.depth for twin in chosen], [twin.score for twin in chosen]


def _means(twins: Sequence[Twin], kind: str) -> tuple[list[int], list[float]]:
    depths, values = _points(twins, kind)
    places = sorted(set(depths))
    return places, [
        sum(value for at, value in zip(depths, values, strict=True) if at == depth)
        / depths.count(depth)
        for depth in places
    ]
