"""Says what was read, before anything is made of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.terminal import short
from keras_residual.common.wording import counted, listed
from keras_residual.train.data.dataset import Dataset

SHOWN = 10  # classes that are named one by one
ENDS = 4  # of the largest and of the smallest classes, where they are more


def with_reading(dataset: Dataset, *notes: str) -> Dataset:
    """Returns the dataset with what it is, in sentences.

    Args:
        dataset: The data.
        notes: What was guessed, left out or converted, a sentence each.
    """
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    say = {
        "classification": _classes,
        "multilabel": _labels,
        "regression": _targets,
    }[dataset.task]
    names = tuple(map(short, dataset.classes))
    rest = (note[0].upper() + note[1:].rstrip(".") + "." for note in notes)
    return replace(dataset, reading=(_examples(dataset), say(names, labels), *rest))


def lines(dataset: Dataset) -> tuple[str, str, str]:
    """Returns what is said before training: examples, labels, and all else.

    Args:
        dataset: The data.
    """
    what, labels, *rest = dataset.reading
    return what, labels, " ".join(rest) or "Nothing was left out or converted."


def _examples(dataset: Dataset) -> str:
    train, test = len(dataset.train.labels), len(dataset.test.labels)
    return (
        f"{counted(train + test, 'example')} in {dataset.name}: "
        f"{_shape(dataset.kind, dataset.train.shape)}; {train:,} to learn from, "
        f"{test:,} held out."
    )


def _shape(kind: str, shape: tuple[int, ...]) -> str:
    if kind == "table":
        return f"rows of {counted(shape[0], 'number')}"
    channels = {("picture", 1): "grey", ("picture", 3): "in colour"}.get(
        (kind, shape[-1]), f"with {counted(shape[-1], 'channel')}"
    )
    if kind == "sequence":
        return f"sequences of {counted(shape[0], 'step')} {channels}"
    return f"{kind}s of {' × '.join(map(str, shape[:-1]))}, {channels}"


def _classes(names: tuple[str, ...], labels: NDArray) -> str:
    counts = np.bincount(labels, minlength=len(names))
    start = f"{counted(len(names), 'class', 'classes')}: "
    if len(names) <= SHOWN:
        shown = (f"{one} {n:,}" for one, n in zip(names, counts, strict=True))
        return f"{start}{', '.join(shown)}."
    ranked = np.argsort(-counts, kind="stable")
    most, least = (
        ", ".join(f"{names[at]} {counts[at]:,}" for at in some)
        for some in (ranked[:ENDS], ranked[-ENDS:])
    )
    return f"{start}the largest {most}; the smallest {least}."


def _labels(names: tuple[str, ...], labels: NDArray) -> str:
    counts = labels.sum(axis=0)
    shown = [f"{one} {n:,.0f}" for one, n in zip(names, counts, strict=True)]
    return (
        f"{counted(len(names), 'label')} that hold or not: {listed(shown, SHOWN)}"
        f"; {labels.sum() / len(labels):.2g} an example."
    )


def _targets(names: tuple[str, ...], labels: NDArray) -> str:
    shown = [
        f"{one} from {column.min():.6g} to {column.max():.6g}, mean "
        f"{column.mean(dtype=np.float64):.6g}"
        for one, column in zip(names, labels.T, strict=True)
    ]
    start = "A number" if len(names) == 1 else f"{len(names)} numbers"
    return f"{start} to predict: {listed(shown, SHOWN, mark=';')}."
