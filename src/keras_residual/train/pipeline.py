"""Feeds `fit`: what a step sees is a pure function of the seed, the epoch, the step."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.extras import extra
from keras_residual.train.data import Source

if TYPE_CHECKING:
    import grain

# Grain reads 500 batches ahead by default; two threads and eight batches keep a CPU
# busy, and a folder of pictures within memory.
_READ_AHEAD = {"num_threads": 2, "prefetch_buffer_size": 8}


@lru_cache(maxsize=4)
def order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Returns the order in which an epoch sees the examples.

    Args:
        count: Number of examples.
        seed: The run's seed.
        epoch: The epoch, from 0.
    """
    return np.random.default_rng((seed, epoch)).permutation(count)


class Counted(Protocol):
    """A run whose steps are counted."""

    per_epoch: int
    epochs: int

    def __len__(self) -> int:
        """Returns the number of its steps."""
        ...


class Rows(Protocol):
    """What a process takes of a batch, where several share one."""

    def rows(self, count: int) -> slice:
        """Returns the rows of this process."""
        ...

    def filled(self, mine: tuple[Any, ...], count: int) -> tuple[Any, ...]:
        """Returns them as the equal parts of its devices."""
        ...


class Shared(Counted, Protocol):
    """One whose batches several may share."""

    share: Any

    def first(self) -> tuple[Any, ...]:
        """Returns a batch to look at."""
        ...


class Steps:
    """Every batch of a run, found by the number of its step.

    There is no state to lose: a run that goes on at step n sees what it would have
    seen. The last batch of an epoch holds what is left, and no batch holds examples
    of two epochs.

    Args:
        source: The examples.
        batch_size: Examples a step.
        epochs: Number of epochs.
        seed: Decides order and augmentation. In the order of the source by default.
        how: The augmentation; see `augment`.
        weights: How much an example of each class counts. All alike by default.
        share: The rows of each batch that this process reads. All by default.
    """

    def __init__(
        self,
        source: Source,
        *,
        batch_size: int,
        epochs: int,
        seed: int | None = None,
        how: str = "none",
        weights: NDArray[np.float32] | None = None,
        share: Rows | None = None,
    ) -> None:
        self.source = source
        self.batch_size = batch_size
        self.per_epoch = steps_per_epoch(source, batch_size)
        self.epochs = epochs
        self.seed = seed
        self.how = how
        self.weights = weights
        self.share = share

    def __len__(self) -> int:
        return self.epochs * self.per_epoch

    def first(self) -> tuple[NDArray, ...]:
        """Returns a batch to look at."""
        return self[0]

    def __getitem__(self, index: int) -> tuple[NDArray, ...]:
        epoch, place = divmod(int(index), self.per_epoch)
        count = len(self.source.labels)
        start = place * self.batch_size
        stop = min(start + self.batch_size, count)
        if self.seed is None:
            numbers = np.arange(start, stop)
        else:
            numbers = order(count, self.seed, epoch)[start:stop]
        if self.share is None:
            return self._batch(numbers, (epoch, place))
        mine = self.share.rows(len(numbers))
        return self.share.filled(
            self._batch(numbers, (epoch, place), mine), len(numbers)
        )

    def _batch(
        self, whole: NDArray, place: tuple[int, int], mine: slice = slice(None)
    ) -> tuple[NDArray, ...]:
        numbers = whole[mine]
        values = self.source.batch(numbers if len(numbers) else whole[:1])
        values = values[: len(numbers)]
        if self.seed is not None:
            rng = np.random.default_rng((self.seed, *place))
            values = augment(values, self.how, rng, whole=len(whole), mine=mine)
        labels = self.source.labels[numbers]
        if self.weights is None:
            return values, labels
        return values, labels, self.weights[labels]


def steps_per_epoch(source: Source, batch_size: int) -> int:
    """Returns the number of batches in which a source is seen once.

    Args:
        source: The examples.
        batch_size: Examples a step.
    """
    return -(-len(source.labels) // batch_size)


def stream(steps: Steps, first: int = 0) -> grain.IterDataset:
    """Reads batches ahead, from any step on.

    Args:
        steps: The batches of a run.
        first: The step of the run to begin with, from 0.
    """
    with extra("train", "Training"):
        import grain
    dataset = grain.MapDataset.source(steps)[first:]
    return dataset.to_iter_dataset(grain.ReadOptions(**_READ_AHEAD))


_SHIFT = 1 / 14  # of the side: 2 of 28 pixels, 4 of 56


def augment(
    batch: NDArray,
    how: str,
    rng: np.random.Generator,
    *,
    whole: int | None = None,
    mine: slice = slice(None),
) -> NDArray:
    """Mirrors and shifts pictures at random.

    Args:
        batch: Pictures of shape `(n, height, width, channels)`.
        how: "flip-crop", "crop" or "none".
        rng: Where the chance comes from.
        whole: Number of pictures in the batch that these are some of: each is changed
            as it would be among all of them.
        mine: Which ones of it these are.

    Returns:
        Pictures of the same shape and type.

    Examples:
        >>> batch = np.zeros((2, 28, 28, 1), "uint8")
        >>> augment(batch, "flip-crop", np.random.default_rng(0)).shape
        (2, 28, 28, 1)
    """
    if how == "none":
        return batch
    whole = len(batch) if whole is None else whole
    if how == "flip-crop":
        mirrored = rng.random(whole)[mine] < 0.5
        batch = np.where(mirrored[:, None, None, None], batch[:, :, ::-1], batch)
    most = max(1, round(_SHIFT * min(batch.shape[1:3])))
    down, right = rng.integers(0, 2 * most + 1, size=(2, whole))[:, mine]
    return _shift(batch, most, down, right)


def _shift(batch: NDArray, most: int, down: NDArray, right: NDArray) -> NDArray:
    count, height, width, _ = batch.shape
    border = ((0, 0), (most, most), (most, most), (0, 0))
    padded = np.pad(batch, border, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, (height, width), axis=(1, 2)
    )  # (n, 2 most + 1, 2 most + 1, channels, height, width)
    shifted = windows[np.arange(count), down, right]
    return np.ascontiguousarray(np.moveaxis(shifted, 1, -1))
