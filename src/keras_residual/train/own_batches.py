"""Data of one's own as batches that `fit` takes again and again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_residual.read.measures.forms import FORMS, count, parts
from keras_residual.train.data.dataset import SPLIT_SEED
from keras_residual.train.mistake import InputError
from keras_residual.train.pipeline import order


class Batches:
    """Batches of values, labels and perhaps weights, epoch after epoch.

    Args:
        data: As `keras_residual.train.fit` takes it.
        batch_size: Examples a step, where batches are cut here.
        epochs: Number of epochs.
        seed: Shuffles arrays; they come in their own order by default.
    """

    def __init__(
        self, data: Any, *, batch_size: int, epochs: int, seed: int | None = None
    ) -> None:
        self.data = data
        self.batch_size = batch_size
        self.epochs = epochs
        self.seed = seed
        self.per_epoch = self._count()

    def __len__(self) -> int:
        return self.epochs * self.per_epoch

    def first(self) -> tuple[Any, ...]:
        """Returns a batch to look at."""
        return next(self._epoch(0))

    def stream(self) -> Iterator[tuple[Any, ...]]:
        """Yields batches for ever; an epoch has `per_epoch` of them."""
        epoch = 0
        while True:
            yield from self._epoch(epoch)
            epoch += 1

    def _epoch(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        data = self.data
        if self.seed is not None and is_arrays(data):
            data = taken(data, order(_length(data), self.seed, epoch))
        for part in parts(data, self.batch_size):
            if part.labels is None:
                _refuse("a batch without labels", "A network learns from labels.")
            found = (part.values, part.labels, part.weights)
            yield found if part.weights is not None else found[:2]

    def _count(self) -> int:
        if not is_arrays(self.data) and iter_once(self.data):
            _refuse(
                f"{type(self.data).__name__}, which is empty once it was read",
                "Every epoch reads the data anew.",
            )
        known = count(self.data, self.batch_size)
        if known is None or known == sys.maxsize:
            known = sum(1 for _ in parts(self.data, self.batch_size))
        return known or _refuse("no batch at all", "A network learns from examples.")


def iter_once(data: Any) -> bool:
    """Says whether data is an iterator, which is empty once it was read."""
    return hasattr(data, "__next__")


def is_arrays(data: Any) -> bool:
    """Says whether data is `(x, y)` or `(x, y, weights)`, cut into batches here."""
    return isinstance(data, tuple) and all(
        hasattr(leaf, "shape") for leaf in keras.tree.flatten(data)
    )


def taken(data: Any, numbers: Any) -> Any:
    """Returns the examples of arrays with these numbers."""
    return keras.tree.map_structure(lambda leaf: np.asarray(leaf)[numbers], data)


def halves(data: Any, share: float) -> tuple[Any, Any]:
    """Splits arrays in examples to learn from and examples held out, at random.

    Args:
        data: `(x, y)` or `(x, y, weights)`.
        share: Part that is held out.

    Raises:
        InputError: The data comes in batches, or is a single example.
    """
    if not is_arrays(data):
        _refuse(
            "batches, and no validation data",
            "Batches are not split: say what the model is judged on.",
            "kr.train.fit(model, batches, validation=other_batches)",
        )
    total = _length(data)
    if total < 2:
        _refuse(f"{total} examples", "Some examples are held out, so 2 are needed.")
    chosen = np.random.default_rng(SPLIT_SEED).permutation(total)
    most = min(max(1, round(share * total)), total - 1)
    return taken(data, np.sort(chosen[most:])), taken(data, np.sort(chosen[:most]))


def _length(data: Any) -> int:
    lengths = {int(leaf.shape[0]) for leaf in keras.tree.flatten(data)}
    if len(lengths) > 1:
        said = ", ".join(map(str, sorted(lengths)))
        _refuse(f"arrays of {said} examples", "Every example has a label.")
    return lengths.pop()


def _refuse(given: str, needed: str, write: str = "kr.train.fit(model, (x, y))") -> Any:
    raise InputError(
        "Data: it cannot be trained on.",
        given=given,
        needed=f"{needed} Data is {FORMS}.",
        write=write,
    )
