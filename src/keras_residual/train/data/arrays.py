"""Turns plain arrays into a dataset, and refuses those that cannot be learned from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data.dataset import ArraySource, Dataset, Task, chunks, split
from keras_residual.train.data.labels import Labels, read_labels
from keras_residual.train.data.layout import KINDS, Layout, find_layout, hold_still
from keras_residual.train.data.leaks import few, of_array
from keras_residual.train.data.reading import (
    copies_note,
    counting_columns,
    marker_notes,
    with_reading,
)
from keras_residual.train.data.values import (
    FAR,
    check_array,
    mean_size,
    refuse_flat,
    to_network,
)
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe


def make_dataset(
    name: str,
    train: tuple[NDArray, NDArray],
    test: tuple[NDArray, NDArray] | None = None,
    *,
    validation: float = 0.1,
    classes: tuple[str, ...] = (),
    task: Task | None = None,
    layout: str | None = None,
) -> Dataset:
    """Makes a dataset of arrays.

    Args:
        name: What the data is called in reports and messages.
        train: Values and labels. Labels are words or numbers, one a row; or a row of
            0 and 1; or numbers to predict.
        test: Values and labels to be judged on. Split off from `train` by default.
        validation: Share that is split off where there is no `test`.
        classes: Name of each class, label or target. Those of the labels by default.
        task: What is learned. What the labels look like by default.
        layout: Which axis is what: "table", "sequence", "grey", "channels_last" or
            "channels_first". What the values look like by default.

    Raises:
        InputError: Rank, length, type or values do not fit, or can mean two things.
    """
    parts = [train] if test is None else [train, test]
    raw = [np.asanyarray(part[0]) for part in parts]
    for values in raw:
        check_array(name, values)
    _check_shapes(name, raw)
    for one, (_, label) in zip(raw, parts, strict=True):
        _check_lengths(name, one, label)
    found = find_layout(name, raw[0], layout)
    ordered = [found.apply(one) for one in raw]
    found = hold_still(found, ordered[0])
    values = [to_network(name, one) for one in ordered]
    labels = read_labels(name, [part[1] for part in parts], task=task, names=classes)
    refuse_flat(name, ordered[0])
    notes = *labels.notes, *_doubts(raw[0], labels), *_scales(name, raw)
    labels = replace(labels, notes=notes)
    return assemble(name, values, labels, found, validation)


def _scales(name: str, parts: list[NDArray]) -> Iterator[str]:
    """Says where a test part is in another unit; refuses bytes beside fractions."""
    sizes = [mean_size(part) for part in parts]
    if not 0 < FAR * min(sizes) < max(sizes):
        return
    kinds = {part.dtype.kind in "iub" for part in parts}
    here, there = (f"{size:.3g} in the mean" for size in sizes)
    if len(kinds) == 1:
        yield (
            f"values held out are of another size, {there}, than those to learn from, "
            f"{here}: the score says little if they are in another unit"
        )
        return
    here, there = (
        f"{said}, {part.dtype}" for said, part in zip((here, there), parts, strict=True)
    )
    raise InputError(
        f"Data {name}: train and test examples are of different sizes.",
        given=f"values to learn from of {here}; held out, of {there}",
        needed="Both are in one unit, or the score says nothing.",
        write="x_test as x_train, such as x_test / 255 for both",
    )


def _doubts(values: NDArray, labels: Labels) -> Iterator[str]:
    for at in counting_columns(values) if values.ndim == 2 else ():
        yield (
            f"column {at} counts the rows and is a feature all the same: remove it if "
            "it says nothing"
        )
    if values.ndim == 2:
        names = [f"column {at}" for at in range(values.shape[1])]
        yield from few(marker_notes(values, names))
        yield from few(of_array(values, labels.parts[0], labels.task))


def terms_of(recipe: Recipe) -> dict[str, Any]:
    """Returns what a recipe says of arrays, as `make_dataset` takes it.

    Args:
        recipe: The recipe.
    """
    return {
        "validation": recipe.validation,
        "task": recipe.task,
        "layout": recipe.layout,
    }


def assemble(
    name: str, values: list[NDArray], labels: Labels, layout: Layout, validation: float
) -> Dataset:
    """Puts checked values and labels together.

    Args:
        name: What the data is called in reports and messages.
        values: The examples of one part, or of two.
        labels: The labels of the same parts.
        layout: How the values were read.
        validation: Share that is split off where there is one part.
    """
    sources = [
        ArraySource(value, label)
        for value, label in zip(values, labels.parts, strict=True)
    ]
    if len(sources) == 1:
        halves = split(labels.parts[0], validation)
        sources = [sources[0].take(part) for part in halves]
    kind = KINDS[values[0].ndim]
    # A mirrored picture has the same class, but a place in it is another one.
    moves = kind == "picture" and labels.task != "regression" and not layout.still
    dataset = Dataset(
        name=name,
        kind=kind,
        classes=labels.names,
        train=sources[0],
        test=sources[1],
        augment="flip-crop" if moves else "none",
        fingerprint=fingerprint(*values, *labels.parts),
        task=labels.task,
        terms={"layout": layout.word},
    )
    notes = layout.note, *labels.notes, copies_note(*sources)
    return with_reading(dataset, *filter(None, notes))


def new_values(name: str, values: NDArray, layout: str | None) -> NDArray:
    """Reads new examples as those that a network was trained on.

    Args:
        name: What the data is called in messages.
        values: An array.
        layout: The layout of the training.

    Raises:
        InputError: The array does not fit.
    """
    check_array(name, values)
    return to_network(name, find_layout(name, values, layout).apply(values))


def _check_shapes(name: str, values: list[NDArray]) -> None:
    if len({value.shape[1:] for value in values}) > 1:
        raise InputError(
            f"Data {name}: train and test examples differ in shape.",
            given=" and ".join(str(value.shape) for value in values),
            needed="One network takes examples of one shape.",
            write="x_train and x_test with equal shapes after the first axis",
        )


def _check_lengths(name: str, values: NDArray, labels: NDArray) -> None:
    count = len(np.atleast_1d(labels))
    if len(values) != count:
        raise InputError(
            f"Data {name}: values and labels differ in length.",
            given=f"{len(values)} examples, {count} labels",
            needed="Every example has one label.",
            write="np.moveaxis(x, -1, 0), as the examples seem to be in the last axis"
            if values.shape[-1] == count
            else "x and y with the same first axis",
        )


def fingerprint(*arrays: NDArray) -> str:
    """Returns the SHA-256 of arrays: shapes, types and numbers, a piece at a time.

    Args:
        *arrays: The arrays; they may be larger than memory.
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype}".encode())
        for piece in chunks(array):
            digest.update(np.ascontiguousarray(piece).data)
    return digest.hexdigest()
