"""Feeds `fit`: what a step sees is a pure function of the seed, the epoch, the step."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

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
    ) -> None:
        self.source = source
        self.batch_size = batch_size
        self.per_epoch = steps_per_epoch(source, batch_size)
        self.epochs = epochs
        self.seed = seed
        self.how = how
        self.weights = weights

    def __len__(self) -> int:
        return self.epochs * self.per_epoch

    def __getitem__(self, index: int) -> tuple[NDArray, ...]:
        epoch, place = divmod(int(index), self.per_epoch)
        count = len(self.source.labels)
        start = place * self.batch_size
        stop = min(start + self.batch_size, count)
        if self.seed is None:
            numbers = np.arange(start, stop)
            return self.source.batch(numbers), self.source.labels[numbers]
        numbers = order(count, self.seed, epoch)[start:stop]
        rng = np.random.default_rng((self.seed, epoch, place))
        values = augment(self.source.batch(numbers), self.how, rng)
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


def stream(steps: Steps, first_epoch: int = 0) -> grain.IterDataset:
    """Reads batches ahead, from the first step of an epoch on.

    Args:
        steps: The batches of a run.
        first_epoch: The epoch to begin with, from 0.
    """
    with extra("train", "Training"):
        import grain
    dataset = grain.MapDataset.source(steps)[first_epoch * steps.per_epoch :]
    return dataset.to_iter_dataset(grain.ReadOptions(**_READ_AHEAD))


_SHIFT = 1 / 14  # of the side: 2 of 28 pixels, 4 of 56


def augment(batch: NDArray, how: str, rng: np.random.Generator) -> NDArray:
    """Mirrors and shifts pictures at random.

    Args:
        batch: Pictures of shape `(n, height, width, channels)`.
        how: "flip-crop", "crop" or "none".
        rng: Where the chance comes from.

    Returns:
        Pictures of the same shape and type.

    Examples:
        >>> batch = np.zeros((2, 28, 28, 1), "uint8")
        >>> augment(batch, "flip-crop", np.random.default_rng(0)).shape
        (2, 28, 28, 1)
    """
    if how == "none":
        return batch
    if how == "flip-crop":
        mirrored = rng.random(len(batch)) < 0.5
        batch = np.where(mirrored[:, None, None, None], batch[:, :, ::-1], batch)
    return _shift(batch, rng)


def _shift(batch: NDArray, rng: np.random.Generator) -> NDArray:
    count, height, width, _ = batch.shape
    most = max(1, round(_SHIFT * min(height, width)))
    border = ((0, 0), (most, most), (most, most), (0, 0))
    padded = np.pad(batch, border, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, (height, width), axis=(1, 2)
    )  # (n, 2 most + 1, 2 most + 1, channels, height, width)
    down, right = rng.integers(0, 2 * most + 1, size=(2, count))
    shifted = windows[np.arange(count), down, right]
    return np.ascontiguousarray(np.moveaxis(shifted, 1, -1))
