"""What the page says of a network whose examples may have several labels."""

from __future__ import annotations

from html import escape

import keras

from keras_residual.train.data import Dataset
from keras_residual.train.report import sections
from keras_residual.train.report.evidence import answers, sigmoid
from keras_residual.train.report.labels import Labels
from keras_residual.train.run_folder import Row

MISTAKES = 24
HEAD = ("label", "F1", "precision", "recall", "have it", "wrongly given", "missed")


def of_labels(
    network: keras.Model, dataset: Dataset, rows: list[Row]
) -> tuple[str, str]:
    """Returns the headline, and what is found in the answers.

    Args:
        network: As it is saved.
        dataset: What it was trained on.
        rows: The history.
    """
    truth = dataset.test.labels
    evidence = Labels(sigmoid(answers(network, dataset.test)), truth)
    headline = sections.headline(
        float(evidence.f1.mean()),
        f"macro F1, the mean over {len(dataset.classes)} labels, on {len(truth):,} "
        "examples held out, by the weights of the last epoch.",
        f"All labels are right for {evidence.exact:.3f} of the examples. "
        + sections.best(rows, "f1"),
    )
    found = [
        "<h2>Each label</h2>",
        '<p class="quiet">A label is given at a probability above a half. Precision '
        "is the share of the given ones that hold; recall, the share of those that "
        "hold that are given.</p>",
        sections.table(HEAD, _rows(evidence, dataset.classes)),
        "<h2>Most confident mistakes</h2>",
        '<p class="quiet">What the network says, and how sure it is.</p>',
        _mistakes(evidence, dataset),
    ]
    return headline, "\n".join(found)


def _rows(evidence: Labels, names: tuple[str, ...]) -> list[list[str]]:
    shares = [evidence.f1, evidence.precision, evidence.recall]
    counts = [evidence.support, evidence.counts["wrong"], evidence.counts["missed"]]
    return [
        [
            name,
            *(f"{column[at]:.3f}" for column in shares),
            *(f"{column[at]:,}" for column in counts),
        ]
        for at, name in enumerate(names)
    ]


def _mistakes(evidence: Labels, dataset: Dataset) -> str:
    found = evidence.mistakes(MISTAKES)
    if not found:
        return "<p>None: every label of every example held out is right.</p>"
    names = [escape(name) for name in dataset.classes]
    return sections.cases(
        (
            (
                one.number,
                f"<b>{'' if one.named else 'not '}{names[one.label]}</b>"
                f"{one.probability:.1%} sure",
                f"is {_truth(evidence, one.number, names)}",
            )
            for one in found
        ),
        dataset,
    )


def _truth(evidence: Labels, number: int, names: list[str]) -> str:
    holds = evidence.truth[number] > 0.5
    have = [name for name, so in zip(names, holds, strict=True) if so]
    return ", ".join(have) or "none of them"
