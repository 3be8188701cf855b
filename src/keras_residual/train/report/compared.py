"""The tables, the picture and the page of a comparison."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_residual.common.extras import extra
from keras_residual.common.terminal import cell, escape
from keras_residual.reports.frame import blank, facts, figure, html_page, table
from keras_residual.train.recipe import Recipe
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import TITLES
from keras_residual.train.twins import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_COLOURS = {"residual": "#1f6f8b", "plain": "#9a8f7d"}
_STYLES = {"residual": "held", "plain": "train"}  # their names in the page's style


def write_comparison(folder: RunFolder, found: Comparison, recipe: Recipe) -> None:
    """Writes `compare.csv`, `compare.png` and `compare.html`.

    Args:
        folder: Of the comparison.
        found: The networks.
        recipe: How each was trained.
    """
    text = io.StringIO()
    rows = [twin.row(found.metric) for twin in found.twins]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    folder.write_text(folder.path / "compare.csv", text.getvalue())
    with folder.replacing(folder.path / "compare.png") as partial:
        _picture(found).savefig(partial, dpi=160)
    folder.write_text(folder.path / "compare.html", _page(rows, found, recipe))


def _picture(found: Comparison) -> Figure:
    # A figure of its own: pyplot would keep it open, and choose a window system.
    with extra("report", "The picture of a comparison"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for kind, colour in _COLOURS.items():
        means = _means(found, kind)
        places = _places(found, kind)
        axes.plot(places, means, "-", color=colour, linewidth=2)
        axes.plot(*_points(found, kind), "o", color=colour, markersize=5)
        label = {"color": colour, "xytext": (8, 0), "textcoords": "offset points"}
        axes.annotate(kind, (places[-1], means[-1]), va="center", **label)
    axes.set(
        xlabel=_across(found), ylabel=f"{TITLES[found.metric]} on the examples held out"
    )
    axes.set_xticks(_ticks(found))
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.16, y=0.1)
    return figure


def _page(rows: list[dict[str, Any]], found: Comparison, recipe: Recipe) -> str:
    names = ["kind", *(name for name in rows[0] if name != "kind")]
    head = [name.replace("_", " ") for name in names]
    cells = [[_cell(row[name]) for name in names] for row in rows]
    compared = {
        "data": Path(recipe.data).name,
        "score": f"{TITLES[found.metric]}, held out",
        "epochs": str(recipe.epochs),
        "seeds": ", ".join(map(str, found.seeds)),
    }
    caution = f"<p>{escape(found.caution)}</p>" if found.caution else ""
    return html_page(
        "Residual networks and their plain twins",
        "<h1>What the skip is worth at each depth</h1>"
        '<p class="quiet">Each residual network was compared with its plain twin: the '
        "same network without shortcuts, trained by one recipe from the same seed. "
        "Scores are of examples held out.</p>"
        f"{facts(compared.items())}<h2>Depths</h2>{caution}{_by_depth(found)}"
        f"{figure('depths', _figure(found))}<h2>Every run</h2>{table(head, cells)}",
    )


def _by_depth(found: Comparison) -> str:
    several = len(found.seeds) > 1
    last = "the skip is worth [lowest, highest]" if several else "difference"
    rows = [
        [
            str(depth),
            *(f"{found.mean(depth, kind):.3f}" for kind in _STYLES),
            found.worth(depth).said(".3f"),
        ]
        for depth in found.depths
    ]
    return table(["layers", *_STYLES, last], rows)


def _figure(found: Comparison) -> Any:
    shown = blank()
    for kind, style in _STYLES.items():
        means = _means(found, kind)
        line = {"name": kind, "meta": style, "mode": "lines"}
        spread = _spread(found, kind)
        shown.add_scatter(x=_places(found, kind), y=means, **line, error_y=spread)
        places, values = _points(found, kind)
        points = {"mode": "markers", "showlegend": False, "name": kind, "meta": style}
        shown.add_scatter(x=places, y=values, **points)
    shown.update_layout(
        title_text=f"{TITLES[found.metric]}, held out",
        xaxis={"title_text": _across(found), "tickvals": _ticks(found)},
        height=420,
    )
    return shown


def _spread(found: Comparison, kind: str) -> dict[str, Any]:
    """Returns how far the seeds reach above and below their mean."""
    scores = [found.values(depth, kind).values() for depth in found.depths]
    means = _means(found, kind)
    return {
        "array": [max(of) - at for of, at in zip(scores, means, strict=True)],
        "arrayminus": [at - min(of) for of, at in zip(scores, means, strict=True)],
        "visible": len(found.seeds) > 1,
        "thickness": 1,
    }


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else value


def _points(found: Comparison, kind: str) -> tuple[list[Any], list[float]]:
    chosen = [twin for twin in found.twins if twin.kind == kind]
    places = [kind if _is_one(found) else twin.depth for twin in chosen]
    return places, [twin.score for twin in chosen]


def _is_one(found: Comparison) -> bool:
    """Says whether there is one depth: then the twins stand beside each other."""
    return len(found.depths) == 1


def _across(found: Comparison) -> str:
    return f"{found.depths[0]} layers" if _is_one(found) else "layers"


def _ticks(found: Comparison) -> list[Any]:
    return [*_STYLES] if _is_one(found) else found.depths


def _places(found: Comparison, kind: str) -> list[Any]:
    return [kind] if _is_one(found) else found.depths


def _means(found: Comparison, kind: str) -> list[float]:
    return [found.mean(depth, kind) for depth in found.depths]
