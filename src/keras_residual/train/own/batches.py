"""Data of one's own: batches for `fit`, and labels that fit what the model answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.measures.forms import FORMS, count, parts, plain
from keras_residual.train.data.dataset import SPLIT_SEED, chunks
from keras_residual.train.data.header import LABELS
from keras_residual.train.distributed.sharing import Share
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
        self.share: Share | None = None  # the rows of each that this process takes
        self._fit: Callable[[Any], Any] = lambda labels: labels
        self.per_epoch = self._count()

    def __len__(self) -> int:
        return self.epochs * self.per_epoch

    def first(self) -> tuple[Any, ...]:
        """Returns a batch to look at."""
        return next(self._epoch(0))

    def doubtful(self) -> tuple[Any, ...]:
        """Returns a batch to try: of arrays, of the examples that hold NaN, if any."""
        rows = _not_finite(self.data) if _is_arrays(self.data) else []
        if not len(rows):
            return self.first()
        some = _taken(self.data, rows[: self.batch_size])
        return some[0], self._fit(some[1]), *some[2:]

    def learn(self, fit: Callable[[Any], Any]) -> None:
        """Says what becomes of labels, and refuses those that it refuses.

        Args:
            fit: Returns labels as the loss takes them. All of arrays are looked at
                now, and batches as they come.
        """
        self._fit = fit
        fit(self.data[1] if _is_arrays(self.data) else self.first()[1])

    def stream(self, first: int = 0) -> Iterator[tuple[Any, ...]]:
        """Yields batches for ever, from a step of the run on (`first`)."""
        whole = self._stream(first)
        return whole if self.share is None else self.share.taken(whole)

    def _stream(self, first: int) -> Iterator[tuple[Any, ...]]:
        epoch, done = divmod(first, self.per_epoch)
        for _ in range(epoch):
            self._end_epoch()
        while True:
            yield from islice(self._epoch(epoch), done, None)
            self._end_epoch()
            epoch, done = epoch + 1, 0

    @property
    def are_arrays(self) -> bool:
        """Whether all examples are there, and ordered here."""
        return _is_arrays(self.data)

    def _end_epoch(self) -> None:
        if isinstance(self.data, keras.utils.PyDataset):
            self.data.on_epoch_end()  # where it shuffles

    def _epoch(self, epoch: int) -> Iterator[tuple[Any, ...]]:
        data = self.data
        if self.seed is not None and _is_arrays(data):
            data = _taken(data, order(_length(data), self.seed, epoch))
        for part in parts(data, self.batch_size):
            if part.labels is None:
                _refuse_unlabelled(data, part.values)
            found = (part.values, self._fit(part.labels), part.weights)
            yield found if part.weights is not None else found[:2]

    def _count(self) -> int:
        if not _is_arrays(self.data) and _iter_once(self.data):
            _refuse(
                f"{type(self.data).__name__}, which is empty once it was read",
                "Every epoch reads the data anew.",
                "list(itertools.islice(data, 100)), for a hundred batches; or an "
                "object whose __iter__ makes them anew",
            )
        known = count(self.data, self.batch_size)
        if known in (None, sys.maxsize):
            known = sum(1 for _ in parts(self.data, self.batch_size))
        return known or _refuse("no batch at all", "A network learns from examples.")


def _iter_once(data: Any) -> bool:
    """Says whether data is an iterator, which is empty once it was read."""
    return hasattr(data, "__next__")


def _is_arrays(data: Any) -> bool:
    """Says whether data is `(x, y)` or `(x, y, weights)`, cut into batches here."""
    flat = keras.tree.flatten(data) if isinstance(data, tuple) else []
    return bool(flat) and all(getattr(leaf, "shape", ()) for leaf in flat)


def _not_finite(data: Any) -> NDArray[np.int64]:
    """Returns the numbers of the examples that hold NaN or infinity."""
    bad = np.zeros(_length(data), bool)
    for leaf in map(plain, keras.tree.flatten(data)):
        if leaf.dtype.kind == "f":
            rows = (piece.reshape(len(piece), -1) for piece in chunks(leaf))
            bad |= ~np.concatenate([np.isfinite(row).all(axis=1) for row in rows])
    return np.flatnonzero(bad)


def _taken(data: Any, numbers: Any) -> Any:
    """Returns the examples of arrays with these numbers."""
    return keras.tree.map_structure(lambda leaf: plain(leaf)[numbers], data)


def halves(data: Any, share: float) -> tuple[Any, Any]:
    """Splits arrays in examples to learn from and examples held out, at random.

    Args:
        data: `(x, y)` or `(x, y, weights)`.
        share: Part that is held out.

    Raises:
        InputError: The data comes in batches, or is a single example.
    """
    if not _is_arrays(data):
        _must_be_labelled(data)
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
    return _taken(data, np.sort(chosen[most:])), _taken(data, np.sort(chosen[:most]))


def _must_be_labelled(data: Any) -> None:
    """Refuses what is no data, and arrays that stand there without labels."""
    batch = next(parts(data, 1), None)
    if batch is not None and batch.labels is None:
        _refuse_unlabelled(data, batch.values)


def _length(data: Any) -> int:
    lengths = {int(leaf.shape[0]) for leaf in keras.tree.flatten(data)}
    if len(lengths) > 1:
        said = ", ".join(map(str, sorted(lengths)))
        _refuse(f"arrays of {said} examples", "Every example has a label.")
    return lengths.pop()


def _refuse_unlabelled(data: Any, values: Any) -> None:
    needed = "A network learns from labels."
    if not isinstance(values, dict) or len(values) < 2:
        _refuse("a batch without labels", needed)
    keys = list(values)
    label = next((key for key in keys if str(key).lower() in LABELS), keys[-1])
    one = "data" if isinstance(data, dict) else "batch"
    found = {key: f"{one}[{key!r}]" for key in keys}
    rest = [f"{key!r}: {text}" for key, text in found.items() if key != label]
    x = rest[0].partition(": ")[2] if len(rest) == 1 else f"{{{', '.join(rest)}}}"
    write = f"({x}, {found[label]})"
    if hasattr(data, "map"):
        write = f"data.map(lambda batch: {write})"
    elif one == "batch":
        write = f"[{write} for batch in data]"
    needed += " Which of these they are is not guessed."
    _refuse(f"a dict of {', '.join(map(str, keys))}", needed, write)


def _refuse(given: str, needed: str, write: str = "kr.train.fit(model, (x, y))") -> Any:
    raise InputError(
        "Data: it cannot be trained on.",
        given=given,
        needed=f"{needed} Data is {FORMS}.",
        write=write,
    )
