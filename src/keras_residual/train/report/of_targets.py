"""What the page says of a regression."""

from __future__ import annotations

from html import escape

import keras

from keras_residual.reports.frame import figure
from keras_residual.train.data import Dataset
from keras_residual.train.report import figures, sections
from keras_residual.train.report.evidence import answers
from keras_residual.train.report.targets import Targets
from keras_residual.train.run_folder import Row

ERRORS = 24
DRAWN = 6  # targets; the table has all
HEAD = ("target", "R²", "mean absolute error", "always the mean", "lowest", "highest")


def of_targets(
    network: keras.Model, dataset: Dataset, rows: list[Row]
) -> tuple[str, str]:
    """Returns the headline, and what is found in the answers.

    Args:
        network: As it is saved.
        dataset: What it was trained on.
        rows: The history.
    """
    truth = dataset.test.labels.astype("float64")
    evidence = Targets(answers(network, dataset.test), truth)
    found = [
        "<h2>Each target</h2>",
        '<p class="quiet">In the units of the data, on the examples held out. “Always '
        "the mean” is the error of a network that has learned nothing.</p>",
        sections.table(HEAD, _rows(evidence, dataset.classes)),
        "<h2>Predicted against true</h2>",
        _about(evidence, dataset.classes),
        _figures(evidence, dataset.classes),
        "<h2>The largest errors</h2>",
        '<p class="quiet">What the network says, and what is true.</p>',
        _errors(evidence, dataset),
    ]
    return _headline(evidence, rows), "\n".join(found)


def _headline(evidence: Targets, rows: list[Row]) -> str:
    count, targets = evidence.truth.shape
    mean = "" if targets == 1 else f", the mean over {targets} targets,"
    return sections.headline(
        float(evidence.r2.mean()),
        f"R²{mean} on {count:,} examples held out, by the weights of the last epoch.",
        "1 is perfect, and 0 what always answering the mean has. "
        + sections.best(rows, "r2"),
    )


def _rows(evidence: Targets, names: tuple[str, ...]) -> list[list[str]]:
    low, high = evidence.truth.min(axis=0), evidence.truth.max(axis=0)
    units = [evidence.mae, evidence.mae_of_mean, low, high]
    return [
        [name, f"{evidence.r2[at]:.3f}", *(f"{column[at]:.4g}" for column in units)]
        for at, name in enumerate(names)
    ]


def _about(evidence: Targets, names: tuple[str, ...]) -> str:
    shown, drawn = len(evidence.truth), figures.DOTS
    said = "A point is an example held out; on the line, the answer is the truth."
    if shown > drawn:
        said += f" {drawn:,} of {shown:,} are drawn, evenly spaced."
    if len(names) > DRAWN:
        said += f" The first {DRAWN} of {len(names)} targets are drawn."
    return f'<p class="quiet">{said}</p>'


def _figures(evidence: Targets, names: tuple[str, ...]) -> str:
    inner = ""
    for at, name in enumerate(names[:DRAWN]):
        truth, answer = evidence.truth[:, at], evidence.answers[:, at]
        title = escape(name)
        inner += figure(f"truth{at}", figures.against(truth, answer, title))
        inner += figure(f"off{at}", figures.spread(answer - truth, title))
    return f'<div class="pair">{inner}</div>'


def _errors(evidence: Targets, dataset: Dataset) -> str:
    several = len(dataset.classes) > 1
    names = [f"{escape(name)}<br>" if several else "" for name in dataset.classes]
    return sections.cases(
        (
            (
                row,
                f"{names[at]}<b>{evidence.answers[row, at]:.4g}</b>",
                f"is {evidence.truth[row, at]:.4g}",
            )
            for row, at in evidence.largest_errors(ERRORS)
        ),
        dataset,
    )
