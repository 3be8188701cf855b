"""Turns plain arrays into a dataset, and refuses those that cannot be learned from."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data.dataset import (
    ArraySource,
    Dataset,
    Kind,
    check_classes,
    split,
)
from keras_residual.train.mistake import InputError

KINDS: dict[int, Kind] = {2: "table", 3: "sequence", 4: "picture", 5: "volume"}
RANKS = (
    "Values are (n, features), (n, steps, channels), (n, height, width, channels), "
    "(n, depth, height, width, channels), or whole bytes (n, height, width)."
)


def make_dataset(
    name: str,
    train: tuple[NDArray, NDArray],
    test: tuple[NDArray, NDArray] | None = None,
    *,
    validation: float = 0.1,
    classes: tuple[str, ...] = (),
    augment: str | None = None,
) -> Dataset:
    """Makes a dataset of arrays.

    Args:
        name: What the data is called in reports and messages.
        train: Values and labels. Whole bytes of rank 3 are grey pictures; any other
            values of rank 3 are sequences of steps and channels.
        test: Values and labels to be judged on. Split off from `train` by default.
        validation: Share that is split off where there is no `test`.
        classes: Names, in the order of the labels. The labels' own text by default.
        augment: How examples may be changed. Flips and crops for pictures by default.

    Raises:
        InputError: Rank, length, type or values do not fit.
    """
    parts = [train] if test is None else [train, test]
    values = [check_values(name, part[0]) for part in parts]
    _check_shapes(name, values)
    names, labels = _number_labels(name, [part[1] for part in parts])
    for value, label in zip(values, labels, strict=True):
        _check_lengths(name, value, label)
    check_classes(name, labels[0], len(names))
    sources = [ArraySource(*pair) for pair in zip(values, labels, strict=True)]
    if test is None:
        sources = [sources[0].take(part) for part in split(labels[0], validation)]
    kind = KINDS[values[0].ndim]
    return Dataset(
        name=name,
        kind=kind,
        classes=classes or names,
        train=sources[0],
        test=sources[1],
        augment=augment or ("flip-crop" if kind == "picture" else "none"),
        fingerprint=_fingerprint(*values, *labels),
    )


def check_values(name: str, values: NDArray) -> NDArray:
    """Returns values as a network takes them: with channels, bytes or float32.

    Args:
        name: What the data is called in messages.
        values: Numbers of rank 2 to 5.

    Raises:
        InputError: Not numbers, another rank, no examples, or not finite.
    """
    if values.dtype.kind not in "biuf":
        raise InputError(
            f"Data {name}: the values are not numbers.",
            given=f"dtype {values.dtype}",
            needed="Values are integers, floats or booleans.",
            write="x.astype('float32')",
        )
    if values.ndim == 3 and values.dtype == np.uint8:
        values = values[..., None]
    if values.ndim not in KINDS or 0 in values.shape:
        raise InputError(
            f"Data {name}: the shape does not fit.",
            given=f"values of shape {values.shape}, {values.dtype}",
            needed=RANKS,
            write="x.reshape(len(x), -1) for a table, x[..., None] for grey pictures",
        )
    if values.dtype == np.uint8:
        return values
    values = values.astype(np.float32)
    if not np.isfinite(values).all():
        _refuse_non_finite(name, values)
    return values


def _refuse_non_finite(name: str, values: NDArray) -> None:
    bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    first = int(np.flatnonzero(bad)[0])
    raise InputError(
        f"Data {name}: a value is not a finite number.",
        given=f"{int(bad.sum())} of {len(values)} examples, first number {first}",
        needed="Every value is finite: one NaN spoils all weights within a step.",
        write="x = np.nan_to_num(x), or leave those examples out",
    )


def _check_shapes(name: str, values: list[NDArray]) -> None:
    if len({value.shape[1:] for value in values}) > 1:
        raise InputError(
            f"Data {name}: train and test examples differ in shape.",
            given=" and ".join(str(value.shape) for value in values),
            needed="One network takes examples of one shape.",
            write="x_train and x_test with equal shapes after the first axis",
        )


def _check_lengths(name: str, values: NDArray, labels: NDArray) -> None:
    if len(values) != len(labels):
        raise InputError(
            f"Data {name}: values and labels differ in length.",
            given=f"{len(values)} examples, {len(labels)} labels",
            needed="Every example has one label.",
            write="x and y with the same first axis",
        )


def _number_labels(
    name: str, labels: list[NDArray]
) -> tuple[tuple[str, ...], list[NDArray[np.int32]]]:
    for label in labels:
        _check_labels(name, label)
    found = np.unique(np.concatenate(labels))
    names = tuple(str(value) for value in found.tolist())
    return names, [np.searchsorted(found, label).astype(np.int32) for label in labels]


def _check_labels(name: str, labels: NDArray[Any]) -> None:
    whole = labels.dtype.kind in "biuU" or (
        labels.dtype.kind == "f" and bool((labels == np.round(labels)).all())
    )
    if labels.ndim != 1 or not whole:
        raise InputError(
            f"Data {name}: the labels are not classes.",
            given=f"labels of shape {labels.shape}, {labels.dtype}",
            needed="A label is one whole number or one word for each example.",
            write="y.argmax(axis=1) for one-hot labels, y.astype('int32') for floats",
        )


def _fingerprint(*arrays: NDArray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
