"""The page of a run, with a network of ours or a model of one's own."""

from __future__ import annotations

import math

import keras

from keras_residual.common.terminal import escape
from keras_residual.drawing import draw
from keras_residual.reports.frame import asset, facts, figure, html_page
from keras_residual.train.callbacks import clock
from keras_residual.train.data import Dataset
from keras_residual.train.network import core
from keras_residual.train.recipe import Recipe
from keras_residual.train.report import figures, sections
from keras_residual.train.report.answers import said_of_answers
from keras_residual.train.report.onward import onward
from keras_residual.train.run_folder import Row, RunFolder
from keras_residual.train.tasks import TITLES
from keras_residual.train.watching import ratios_of_units

_HERE = "keras_residual.train.report"


def write_report(
    folder: RunFolder, network: keras.Model, dataset: Dataset, recipe: Recipe
) -> None:
    """Writes `report.html`.

    Args:
        folder: The run folder, with its recipe and its history.
        network: The trained network, as it is saved.
        dataset: What it was trained on.
        recipe: The settled recipe.
    """
    title = f"{recipe.model} on {dataset.name}"
    _write(folder, title, _body(folder, network, dataset, recipe))


def _write(folder: RunFolder, title: str, body: list[str]) -> None:
    page = html_page(title, "\n".join(body), style=asset(_HERE, "report.css"))
    folder.write_text(folder.report, page)


def _body(
    folder: RunFolder, network: keras.Model, dataset: Dataset, recipe: Recipe
) -> list[str]:
    rows = folder.read_history()
    weights = sum(math.prod(weight.shape) for weight in network.trainable_weights)
    headline, found = said_of_answers(network, dataset, rows)
    return [
        f"<h1>{escape(str(recipe.model))} on {escape(dataset.name)}</h1>",
        headline,
        sections.run_facts(str(recipe.model), rows, dataset, weights),
        sections.reading(dataset),
        "<h2>Training</h2>",
        sections.curves(rows),
        _units(folder),
        found,
        onward(folder, dataset, recipe),
        *_network(core(network)),
        '<p class="quiet">All that reproduces this run, as in recipe.json.</p>',
        sections.recipe(folder.read_recipe()),
    ]


def _network(model: keras.Model) -> list[str]:
    title, recipe = "<h2>The network</h2>", "<h2>Recipe</h2>"
    return [title, _drawing(model), sections.layers(model), recipe]


def _units(folder: RunFolder) -> str:
    ratios = ratios_of_units(folder)
    if not any(ratios.values()):
        return ""
    return (
        '<h2>Residual units</h2><p class="quiet">How large the branch of each unit is '
        "beside the stream, on a logarithmic scale from the smallest found to the "
        "largest. Below 0.001 a unit does nothing.</p>"
        f"{figure('units', figures.units(ratios))}"
    )


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
        sections.curves(rows),
        *_network(model),
        sections.recipe(folder.read_recipe()),
    ]
    _write(folder, model.name, body)


def _drawing(model: keras.Model) -> str:
    try:
        return f'<div class="card drawing">{draw(model)}</div><br>'
    except ValueError:  # a subclass has no graph to draw
        return '<p class="quiet">It has no graph that could be drawn.</p>'
