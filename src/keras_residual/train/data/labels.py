"""What is to be learned: one class, several labels, or numbers for each example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import listed, text
from keras_residual.train.data.dataset import Task, check_classes
from keras_residual.train.data.raw_labels import (
    Place,
    as_numbers,
    doubts,
    in_other_dress,
    plain_labels,
    refuse_doubtful,
    refuse_missing,
    refuse_two_spellings,
    refuse_words,
    undressed,
)
from keras_residual.train.data.reading import numbered
from keras_residual.train.data.several import refuse_several
from keras_residual.train.data.values import LARGEST, SMALLEST, refuse_rounded
from keras_residual.train.mistake import InputError

FEW = 20  # up to so many different whole numbers are taken for classes
SURE = 10  # 0, 1, 2 and so on up to so many need no word


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels as a network learns them.

    Args:
        task: What is learned.
        names: Name of each class, label or target.
        parts: The labels of each part, as `Source` says.
        notes: What was guessed or converted, a sentence each.
    """

    task: Task
    names: tuple[str, ...]
    parts: list[NDArray]
    notes: tuple[str, ...] = ()


def read_labels(
    name: str,
    parts: list[NDArray[Any]],
    *,
    task: str | None = None,
    names: tuple[str, ...] = (),
    place: Place = "number {}".format,
) -> Labels:
    """Decides what labels mean, and refuses those that cannot be told.

    Args:
        name: What the data is called in messages.
        parts: The labels of one part of the data, or of two.
        task: What is learned. What the labels look like by default, where that is
            beyond doubt.
        names: Name of each class, label or target. The labels' own by default.
        place: Says where the label of an example is.

    Raises:
        InputError: Labels are missing, of no use, or can be read in two ways.
    """
    plain = [plain_labels(name, part) for part in parts]
    if len({part.shape[1:] for part in plain}) > 1:
        _refuse_shape(name, plain[-1])
    joined = as_numbers(np.concatenate(plain))
    refuse_missing(name, joined, place)
    if task is None and joined.ndim == 1:
        refuse_doubtful(name, joined, place)
    read = _read_columns if joined.ndim == 2 else _read_column
    found, numbers, own, notes = read(name, joined, task)
    if names and len(names) != len(own):
        _refuse_names(name, names, own)
    cut = np.split(numbers, np.cumsum([len(part) for part in plain])[:-1])
    if found == "classification":
        check_classes(name, cut, names or own, sure=task is not None)
    if found == "regression":
        _check_targets(name, numbers, names or own)
        cut = [part.astype(np.float32) for part in cut]
    return Labels(found, names or own, cut, notes)


_Read = tuple[Task, NDArray, tuple[str, ...], tuple[str, ...]]


def _read_column(name: str, labels: NDArray, task: str | None) -> _Read:
    found, place = np.unique(labels, return_inverse=True)
    notes: tuple[str, ...] = ()
    if task is None:
        task = _task_of(name, labels, found)
        notes = tuple(filter(None, [_guess(task, found)]))
    if task == "classification":
        own = tuple(map(text, found))
        return task, place.astype(np.int32), own, (*notes, *doubts(own))
    if labels.dtype.kind == "U":
        refuse_words(name, labels, task)
    columns = labels.astype(np.float64)[:, None]
    if task == "multilabel":
        return "multilabel", _flags(name, columns), ("label",), notes
    return "regression", columns, ("target",), notes


def _guess(task: Task, found: NDArray) -> str:
    if task == "regression":
        return (
            f"the label has {len(found)} values with decimals, so numbers are "
            "learned (--task classification for classes)"
        )
    plain = len(found) < 3 or (numbered(found) and len(found) <= SURE)
    if found.dtype.kind in "Ub" or plain:
        return ""
    return (
        "the labels are whole numbers, and taken for classes (--task regression for "
        "numbers to predict)"
    )


def _task_of(name: str, labels: NDArray, found: NDArray) -> Task:
    count, kinds = len(labels), len(found)
    sparse = kinds > FEW and count < 5 * kinds
    if labels.dtype.kind in "Ub":
        if labels.dtype.kind == "U":
            refuse_two_spellings(name, labels)
            refuse_several(name, found.tolist())
        if sparse:
            _refuse_many(name, labels, found)
        return "classification"
    if (found == np.round(found)).all():
        many = kinds > FEW and not numbered(found)
        if sparse or many or 5 < kinds > count / 2:
            _refuse_many(name, labels, found)
        return "classification"
    if kinds > min(FEW, count / 2):
        return "regression"
    raise InputError(
        f"Data {name}: the labels are numbers with decimals, and few.",
        given=f"{kinds} different labels: {listed(map(text, found))}",
        needed="They could be classes, or numbers to predict.",
        write="--task classification, or --task regression",
    )


def _refuse_many(name: str, labels: NDArray, found: NDArray) -> None:
    kind = "words" if labels.dtype.kind == "U" else "numbers"
    shown = listed(map(text, found))
    write = "--task regression, --task classification, or --label NAME for the column "
    write += "of a table"
    if kind == "words" and in_other_dress(found):
        first = text(found[0])
        write = f"the labels as plain numbers, {undressed(first)} for {first!r}"
    raise InputError(
        f"Data {name}: the labels do not look like classes.",
        given=f"{len(labels)} examples of {len(found)} classes, {kind}: {shown}",
        needed="Classes are few, with several examples each. These could be numbers to "
        "predict, or another column than the label.",
        write=write,
    )


def _read_columns(name: str, labels: NDArray, task: str | None) -> _Read:
    own = tuple(map(str, range(labels.shape[1])))
    if labels.dtype.kind == "U":
        refuse_words(name, labels, task or "multilabel")
    if task == "regression":
        return "regression", labels.astype(np.float64), own, ()
    zero_one = bool(np.isin(labels, (0, 1)).all())
    if not zero_one and task is None:
        return _read_numbers(name, labels, own)
    flags = _flags(name, labels)
    one_hot = bool((flags.sum(axis=1) == 1).all())
    if task == "multilabel" or (task is None and not one_hot):
        said = (
            ""
            if task
            else (
                f"the labels are {len(own)} columns of 0 and 1, and some rows hold "
                "several or none, so each is learned by itself (multi-label)"
            )
        )
        return "multilabel", flags, own, (said,) if said else ()
    if not one_hot:
        raise InputError(
            f"Data {name}: the labels are not one class each.",
            given=f"{_uneven(flags)} of {len(flags)} rows hold no label or several",
            needed="One-hot labels hold a single 1 in each row.",
            write="--task multilabel",
        )
    said = f"one-hot labels of {len(own)} columns are classes"
    return "classification", flags.argmax(axis=1).astype(np.int32), own, (said,)


def _read_numbers(name: str, labels: NDArray, own: tuple[str, ...]) -> _Read:
    shares = (labels >= 0).all() and np.allclose(labels.sum(axis=1), 1.0, atol=1e-3)
    if (labels == np.round(labels)).all() or shares:
        kind = "shares that sum to 1" if shares else "whole numbers"
        two = len(values := np.unique(labels)) == 2
        raise InputError(
            f"Data {name}: the labels can be read in two ways.",
            given=f"{len(own)} columns of {kind}, such as {labels[0].tolist()[:6]}",
            needed="Several columns are 0 and 1, for labels that hold or not, or they "
            "are numbers to predict.",
            write=f"(y > {text(values[0])}).astype('uint8') for labels that hold or "
            "not; --task regression for numbers"
            if two
            else "--task regression; "
            + "y.argmax(axis=1) for the likeliest class; " * bool(shares)
            + "--label NAME for one column of a table",
        )
    said = f"the labels are {len(own)} columns with decimals, so numbers are learned"
    return "regression", labels.astype(np.float64), own, (said,)


def _uneven(flags: NDArray) -> int:
    return int((flags.sum(axis=1) != 1).sum())


def _flags(name: str, labels: NDArray) -> NDArray[np.float32]:
    if not np.isin(labels, (0, 1)).all():
        other = np.unique(labels[~np.isin(labels, (0, 1))])
        raise InputError(
            f"Data {name}: the labels are not 0 and 1.",
            given=f"values {listed(map(text, other))}",
            needed="A label of several holds, 1, or does not, 0.",
            write="(y > 0).astype('uint8'), or --task regression",
        )
    return labels.astype(np.float32)


def _check_targets(name: str, targets: NDArray, names: tuple[str, ...]) -> None:
    flat = [
        one for one, column in zip(names, targets.T, strict=True) if np.ptp(column) == 0
    ]
    largest = float(np.abs(targets).max())
    if flat or not SMALLEST <= largest <= LARGEST:
        raise InputError(
            f"Data {name}: a target cannot be learned.",
            given=f"{listed(flat)} never changes"
            if flat
            else f"values up to {largest:.3g}",
            needed="A target differs between examples, and fits into float32.",
            write="--label with other columns, or y in another unit",
        )
    refuse_rounded(name, targets, names, write="y - y.min(axis=0)")


def _refuse_names(name: str, names: tuple[str, ...], own: tuple[str, ...]) -> None:
    raise InputError(
        f"Data {name}: names and labels differ in number.",
        given=f"{len(names)} names, {len(own)} classes, labels or targets",
        needed="Each class, label or target has one name.",
        write=f"classes= with {len(own)} names",
    )


def _refuse_shape(name: str, labels: NDArray) -> None:
    raise InputError(
        f"Data {name}: train and test labels differ in shape.",
        given=f"test labels of shape {labels.shape}",
        needed="One network learns labels of one shape.",
        write="y_train and y_test with equal shapes after the first axis",
    )
