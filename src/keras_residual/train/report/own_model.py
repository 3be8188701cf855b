"""The page of a run with a model of one's own: how it learned, and what it is."""

from __future__ import annotations

from html import escape

import keras

from keras_residual.drawing import draw
from keras_residual.reports.frame import facts, html_page
from keras_residual.train.callbacks.progress import clock
from keras_residual.train.report import sections
from keras_residual.train.report.curves import curves
from keras_residual.train.report.theme import STYLE
from keras_residual.train.run_folder import Row, RunFolder
from keras_residual.train.tasks import TITLES


def write_model_report(folder: RunFolder, model: keras.Model, rows: list[Row]) -> None:
    """Writes `report.html`.

    Args:
        folder: The run folder.
        model: The trained model.
        rows: The history.
    """
    last = {name: value for name, value in rows[-1].items() if name[:4] == "val_"}
    spent = clock(sum(row["seconds"] for row in rows))
    body = [
        f"<h1>{escape(model.name)}</h1>",
        facts(
            [
                *(
                    (f"{TITLES.get(name[4:], name[4:])}, held out", f"{value:.4g}")
                    for name, value in last.items()
                ),
                ("epochs", str(len(rows))),
                ("time in epochs, min", spent),
            ]
        ),
        "<h2>Training</h2>",
        curves(rows),
        "<h2>The network</h2>",
        _drawing(model),
        sections.layers(model),
        "<h2>Recipe</h2>",
        sections.recipe(folder.read_recipe()),
    ]
    page = html_page(model.name, "\n".join(body), style=STYLE)
    folder.write_text(folder.report, page)


def _drawing(model: keras.Model) -> str:
    try:
        return f'<div class="card drawing">{draw(model)}</div><br>'
    except ValueError:  # a subclass has no graph to draw
        return '<p class="quiet">It has no graph that could be drawn.</p>'
