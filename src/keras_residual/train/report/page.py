"""One self-contained page a run: nothing in it is fetched from anywhere."""

from __future__ import annotations

import math
from html import escape

import keras

from keras_residual.drawing import draw
from keras_residual.reports.frame import figure, html_page
from keras_residual.train.callbacks import ratios_of_units
from keras_residual.train.data import Dataset
from keras_residual.train.network import core
from keras_residual.train.recipe import Recipe
from keras_residual.train.report import figures, sections
from keras_residual.train.report.curves import curves
from keras_residual.train.report.of_classes import of_classes
from keras_residual.train.report.of_labels import of_labels
from keras_residual.train.report.of_targets import of_targets
from keras_residual.train.report.theme import STYLE
from keras_residual.train.run_folder import RunFolder

ANSWERS = {
    "classification": of_classes,
    "regression": of_targets,
    "multilabel": of_labels,
}


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
    body = _body(folder, network, dataset, recipe)
    folder.write_text(folder.report, html_page(title, body, style=STYLE))


def _body(
    folder: RunFolder, network: keras.Model, dataset: Dataset, recipe: Recipe
) -> str:
    rows = folder.read_history()
    weights = sum(math.prod(weight.shape) for weight in network.trainable_weights)
    headline, found = ANSWERS[dataset.task](network, dataset, rows)
    return "\n".join(
        [
            f"<h1>{escape(str(recipe.model))} on {escape(dataset.name)}</h1>",
            headline,
            sections.run_facts(str(recipe.model), rows, dataset, weights),
            sections.reading(dataset),
            "<h2>Training</h2>",
            curves(rows),
            _units(folder),
            found,
            "<h2>The network</h2>",
            f'<div class="card drawing">{draw(core(network))}</div><br>',
            sections.layers(core(network)),
            "<h2>Recipe</h2>",
            '<p class="quiet">All that reproduces this run, as in recipe.json.</p>',
            sections.recipe(folder.read_recipe()),
        ]
    )


def _units(folder: RunFolder) -> str:
    ratios = ratios_of_units(folder)
    if not any(ratios.values()):
        return ""
    return (
        '<h2>Residual units</h2><p class="quiet">How large the branch of each unit is, '
        "as a share of the stream. Pale units do little; full colour is a branch as "
        f"large as the stream, or larger.</p>{figure('units', figures.units(ratios))}"
    )
