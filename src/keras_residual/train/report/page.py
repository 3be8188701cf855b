"""One self-contained page a run: nothing in it is fetched from anywhere."""

from __future__ import annotations

import math
from html import escape

import keras

from keras_residual.read import draw
from keras_residual.read.pages import figure, html_page
from keras_residual.train.callbacks import ratios_of_units
from keras_residual.train.data import Dataset
from keras_residual.train.network import core
from keras_residual.train.recipe import Recipe
from keras_residual.train.report import figures, sections
from keras_residual.train.report.evidence import judge
from keras_residual.train.report.theme import STYLE
from keras_residual.train.run_folder import RunFolder

MISTAKES = 24


def write_report(
    folder: RunFolder, network: keras.Model, dataset: Dataset, recipe: Recipe
) -> None:
    """Writes `report.html`.

    Args:
        folder: The run folder, with its recipe and its history.
        network: The trained network.
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
    evidence = judge(network, dataset.test)
    weights = sum(math.prod(weight.shape) for weight in network.trainable_weights)
    matrix = figures.confusion_matrix(evidence.confusion, dataset.classes)
    wrong = evidence.mistakes(MISTAKES)
    return "\n".join(
        [
            f"<h1>{escape(str(recipe.model))} on {escape(dataset.name)}</h1>",
            sections.headline(evidence, rows, dataset),
            sections.run_facts(str(recipe.model), rows, dataset, weights),
            sections.reading(dataset),
            "<h2>Training</h2>",
            _curves(rows),
            _units(folder),
            "<h2>Which class is taken for which</h2>",
            '<p class="quiet">A row is a class, a column what the network calls it. '
            "Numbers are examples held out; colour is their share of the row.</p>",
            figure("confusion", matrix),
            "<h2>The surest mistakes</h2>",
            '<p class="quiet">What the network says, how sure it is, what it is.</p>',
            sections.mistakes(wrong, dataset),
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


def _curves(rows: list[dict[str, float]]) -> str:
    shown = {
        "loss": figures.curve(rows, "loss", train="loss", held="val_loss"),
        "accuracy": figures.curve(
            rows, "accuracy", train="accuracy", held="val_accuracy"
        ),
        "rate": figures.curve(rows, "learning rate", plain="learning_rate"),
        "seconds": figures.bars(rows),
    }
    inner = "".join(figure(name, one) for name, one in shown.items())
    return f'<div class="pair">{inner}</div>'
