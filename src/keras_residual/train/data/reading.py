"""Says what was read, and what looks doubtful, before anything is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.terminal import short
from keras_residual.common.wording import counted, listed, text
from keras_residual.train.data.dataset import BYTES, Dataset, Source

_SHOWN = 10  # classes that are named one by one
_ENDS = 4  # of the largest and of the smallest classes, where they are more


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
    if dataset.task == "classification":
        notes += _not_judged(names, dataset.test.labels)
    rest = (note[0].upper() + note[1:].rstrip(".") + "." for note in notes)
    return replace(dataset, reading=(_examples(dataset), say(names, labels), *rest))


def _not_judged(names: tuple[str, ...], labels: NDArray) -> tuple[str, ...]:
    there = set(labels.tolist())
    lacking = [repr(name) for at, name in enumerate(names) if at not in there]
    said = f"no example of {listed(lacking)} is held out, so the score says nothing of "
    return (said + ("it" if len(lacking) == 1 else "them"),) * bool(lacking)


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
    if len(names) <= _SHOWN:
        shown = (f"{one} ({n:,})" for one, n in zip(names, counts, strict=True))
        return f"{start}{', '.join(shown)}."
    ranked = np.argsort(-counts, kind="stable")
    most, least = (
        ", ".join(f"{names[at]} ({counts[at]:,})" for at in some)
        for some in (ranked[:_ENDS], ranked[-_ENDS:])
    )
    return f"{start}the largest {most}; the smallest {least}."


def _labels(names: tuple[str, ...], labels: NDArray) -> str:
    counts = labels.sum(axis=0)
    shown = [f"{one} ({n:,.0f})" for one, n in zip(names, counts, strict=True)]
    return (
        f"{counted(len(names), 'label')} that hold or not: {listed(shown, _SHOWN)}"
        f"; {labels.sum() / len(labels):.2g} an example."
    )


def _targets(names: tuple[str, ...], labels: NDArray) -> str:
    shown = [
        f"{one} from {column.min():.6g} to {column.max():.6g}, mean "
        f"{column.mean(dtype=np.float64):.6g}"
        for one, column in zip(names, labels.T, strict=True)
    ]
    start = "A number" if len(names) == 1 else f"{len(names)} numbers"
    return f"{start} to predict: {listed(shown, _SHOWN, mark=';')}."


_USUAL = (99, 999, 9999, 99999, 999999, 9999999, 32767, 32768, 65535)
_OFTEN = 3  # rows; what stands there less often may be measured
# How far from all others, in their range: of a usual marker, and of any number.
FAR, FAR_AWAY = 0.5, 3.0


def copies_note(train: Source, test: Source) -> str:
    """Says how many examples held out have the values of one to learn from.

    Args:
        train: The examples to learn from.
        test: The examples held out.
    """
    same = int(np.isin(_digests(test), _digests(train)).sum())
    have = "has" if same == 1 else "have"
    said = f"{counted(same, 'example')} held out {have} the same values as one to "
    return (said + "learn from, so the score says less") * bool(same)


def _digests(source: Source) -> NDArray[np.int64]:
    numbers = np.arange(len(source.labels))
    step = max(1, BYTES // max(1, source.batch(numbers[:1]).nbytes))
    found = (
        hash(one.tobytes())
        for start in range(0, len(numbers), step)
        for one in source.batch(numbers[start : start + step])
    )
    return np.fromiter(found, np.int64, len(numbers))


def marker_notes(values: NDArray, names: Sequence[str]) -> Iterator[str]:
    """Says which columns hold one number often, and far from all others.

    Args:
        values: Rows of finite numbers.
        names: What each column is called.
    """
    for at, name in enumerate(names):
        cells = values[:, at]
        for marker in (cells.min(), cells.max()):
            rest = cells[cells != marker]
            count = len(cells) - len(rest)
            if count >= _OFTEN and _is_far(float(marker), rest):
                yield (
                    f"{name}: {text(marker)} in {count / len(cells):.1%} of the rows "
                    "is far from all others, and read as a number"
                )


def _is_far(marker: float, rest: NDArray) -> bool:
    if not len(rest) or not marker:  # zero is measured, as a rule
        return False
    least, most = float(rest.min()), float(rest.max())
    gap = least - marker if marker < least else marker - most
    far = FAR if abs(marker) in _USUAL else FAR_AWAY
    return most > least and gap >= far * (most - least)


COUNTER = re.compile(
    r"unnamed(: ?\d+)?|level_\d|index|idx|ids?|uuid|guid|key|#|no\.?|nr\.?|number|"
    r"row|rows|row[ _]?(id|no|nr|num|number|index|names?)|.*[ _-]id|"
    r"(s|sl|serial)[ ._]?(no|nr)\.?|__index_level_\d+__",
    re.IGNORECASE,
)
CAMEL = re.compile(r".*[a-z](Id|ID)")  # PassengerId, but not acid
# What may be measured as well, unless it goes up by one.
TALLY = re.compile(
    r"samples?|obs|observations?|records?|cases?|entry|entries|instances?",
    re.IGNORECASE,
)
FEW = 10  # rows in which 0, 1, 2 is no counting


def is_counter(name: str, cells: NDArray) -> bool:
    """Whether a column is named as one that numbers the rows, and does so.

    Args:
        name: Its name.
        cells: Its cells.
    """
    if TALLY.fullmatch(name):
        return goes_up_by_one(cells)
    if not COUNTER.fullmatch(name) and not CAMEL.fullmatch(name):
        return False
    exact = cells.dtype.kind in "iuU" or bool((cells == np.round(cells)).all())
    return exact and len(cells) >= FEW and len(np.unique(cells)) == len(cells)


def goes_up_by_one(cells: NDArray) -> bool:
    """Whether cells are whole numbers, each one more than the last.

    Args:
        cells: A column.
    """
    return counts(cells) and cells[1] - cells[0] == 1 and cells[0] == round(cells[0])


def counts(cells: NDArray) -> bool:
    """Whether numbers go up, or down, by equal steps.

    Args:
        cells: A column.
    """
    if len(cells) < FEW or cells.dtype.kind not in "iuf":
        return False
    return _is_even(cells[:FEW]) and _is_even(cells)


def _is_even(cells: NDArray) -> bool:
    with np.errstate(invalid="ignore"):  # cells may be infinite
        steps = np.diff(cells.astype(np.float64))
        apart = np.abs(steps - steps[0]).max()  # many times faster than np.allclose
    return bool(steps[0] and apart <= 1e-5 * abs(steps[0]))


def numbered(kinds: NDArray) -> bool:
    """Whether different labels are 0, 1, 2 or 1, 2, 3 and so on, without a gap.

    Args:
        kinds: Each label once, in order.
    """
    first, last = kinds[0], kinds[-1]  # flags count as 0 and 1
    return bool(first in (0, 1) and float(last) - float(first) == len(kinds) - 1)


def counting_columns(values: NDArray) -> list[int]:
    """Returns the numbers of the columns that count the rows.

    Args:
        values: Rows of numbers.
    """
    return [at for at in range(values.shape[1]) if counts(values[:, at])]
