"""What the page says of the answers to what was held out, for each task."""

from __future__ import annotations

import keras

from keras_residual.common.terminal import escape
from keras_residual.reports.frame import figure, table
from keras_residual.train.data import Dataset, largest_class
from keras_residual.train.report import figures, sections
from keras_residual.train.report.evidence import (
    Evidence,
    Labels,
    Mistake,
    Targets,
    answers,
    sigmoid,
    softmax,
)
from keras_residual.train.report.examples import cases
from keras_residual.train.run_folder import Row

MISTAKES, ERRORS = 24, 24
DRAWN = 6  # targets; the table has all
LABELS = ("label", "F1", "precision", "recall", "have it", "wrongly given", "missed")
TARGETS = (
    "target",
    "R²",
    "mean absolute error",
    "always the mean",
    "lowest",
    "highest",
)


def said_of_answers(
    network: keras.Model, dataset: Dataset, rows: list[Row]
) -> tuple[str, str]:
    """Returns the headline, and what is found in the answers.

    Args:
        network: As it is saved.
        dataset: What it was trained on.
        rows: The history.
    """
    say = {
        "classification": _of_classes,
        "regression": _of_targets,
        "multilabel": _of_labels,
    }
    return say[dataset.task](network, dataset, rows)


def _of_classes(
    network: keras.Model, dataset: Dataset, rows: list[Row]
) -> tuple[str, str]:
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
        _class_mistakes(evidence.mistakes(MISTAKES), dataset),
    ]
    return _classification(evidence, dataset, rows), "\n".join(found)


def _classification(evidence: Evidence, dataset: Dataset, rows: list[Row]) -> str:
    low, high = evidence.interval
    count, largest = len(evidence.labels), largest_class(dataset)
    return sections.headline(
        evidence.accuracy,
        f"of {count:,} examples held out are correct by the weights of the last epoch; "
        f"the largest class is {largest:.3f} of them.",
        f"On other such examples, 19 times in 20, between {low:.3f} and {high:.3f}. "
        + sections.best(rows, "accuracy"),
    )


def _class_mistakes(found: list[Mistake], dataset: Dataset) -> str:
    if not found:
        return "<p>None: every example held out is correct.</p>"
    names = [escape(name) for name in dataset.classes]
    return cases(
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


def _of_labels(
    network: keras.Model, dataset: Dataset, rows: list[Row]
) -> tuple[str, str]:
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
        table(LABELS, _label_rows(evidence, dataset.classes)),
        "<h2>Most confident mistakes</h2>",
        '<p class="quiet">What the network says, and how sure it is.</p>',
        _label_mistakes(evidence, dataset),
    ]
    return headline, "\n".join(found)


def _label_rows(evidence: Labels, names: tuple[str, ...]) -> list[list[str]]:
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


def _label_mistakes(evidence: Labels, dataset: Dataset) -> str:
    found = evidence.mistakes(MISTAKES)
    if not found:
        return "<p>None: every label of every example held out is right.</p>"
    names = [escape(name) for name in dataset.classes]
    return cases(
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


def _of_targets(
    network: keras.Model, dataset: Dataset, rows: list[Row]
) -> tuple[str, str]:
    truth = dataset.test.labels.astype("float64")
    evidence = Targets(answers(network, dataset.test), truth)
    found = [
        "<h2>Each target</h2>",
        '<p class="quiet">In the units of the data, on the examples held out. “Always '
        "the mean” is the error of a network that has learned nothing.</p>",
        table(TARGETS, _target_rows(evidence, dataset.classes)),
        "<h2>Predicted against true</h2>",
        _about(evidence, dataset.classes),
        _figures(evidence, dataset.classes),
        "<h2>The largest errors</h2>",
        '<p class="quiet">What the network says, and what is true.</p>',
        _errors(evidence, dataset),
    ]
    return _regression(evidence, rows), "\n".join(found)


def _regression(evidence: Targets, rows: list[Row]) -> str:
    count, targets = evidence.truth.shape
    mean = "" if targets == 1 else f", the mean over {targets} targets,"
    return sections.headline(
        float(evidence.r2.mean()),
        f"R²{mean} on {count:,} examples held out, by the weights of the last epoch.",
        "1 is perfect, and 0 what always answering the mean has. "
        + sections.best(rows, "r2"),
    )


def _target_rows(evidence: Targets, names: tuple[str, ...]) -> list[list[str]]:
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
    return cases(
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
