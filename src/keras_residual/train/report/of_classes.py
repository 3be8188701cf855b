"""What the page says of a classifier."""

from __future__ import annotations

from html import escape

import keras

from keras_residual.reports.frame import figure
from keras_residual.train.data import Dataset, largest_class
from keras_residual.train.report import figures, sections
from keras_residual.train.report.evidence import Evidence, Mistake, answers, softmax
from keras_residual.train.run_folder import Row

MISTAKES = 24


def of_classes(
    network: keras.Model, dataset: Dataset, rows: list[Row]
) -> tuple[str, str]:
    """Returns the headline, and what is found in the answers.

    Args:
        network: As it is saved.
        dataset: What it was trained on.
        rows: The history.
    """
    logits = answers(network, dataset.test)
    evidence = Evidence(softmax(logits), dataset.test.labels)
    matrix = figures.confusion_matrix(evidence.confusion, dataset.classes)
    found = [
        "<h2>Confusion matrix</h2>",
        '<p class="quiet">A row is a class, a column what the network calls it. '
        "Numbers are examples held out; colour is their share of the row.</p>",
        figure("confusion", matrix),
        "<h2>Most confident mistakes</h2>",
        '<p class="quiet">What the network says, how sure it is, what it is.</p>',
        _mistakes(evidence.mistakes(MISTAKES), dataset),
    ]
    return _headline(evidence, dataset, rows), "\n".join(found)


def _headline(evidence: Evidence, dataset: Dataset, rows: list[Row]) -> str:
    low, high = evidence.interval
    count, largest = len(evidence.labels), largest_class(dataset)
    return sections.headline(
        evidence.accuracy,
        f"of {count:,} examples held out are correct by the weights of the last epoch; "
        f"the largest class is {largest:.3f} of them.",
        f"On other such examples, 19 times in 20, between {low:.3f} and {high:.3f}. "
        + sections.best(rows, "accuracy"),
    )


def _mistakes(found: list[Mistake], dataset: Dataset) -> str:
    if not found:
        return "<p>None: every example held out is correct.</p>"
    names = [escape(name) for name in dataset.classes]
    return sections.cases(
        (
            (
                one.number,
                f"<b>{names[one.named]}</b>{one.probability:.1%} sure",
                f"is {names[one.label]}",
            )
            for one in found
        ),
        dataset,
    )
