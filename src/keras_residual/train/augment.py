"""Changes a batch of pictures without changing their classes, in plain NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHIFT = 1 / 14  # of the side: 2 of 28 pixels, 4 of 56


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
    most = max(1, round(SHIFT * min(height, width)))
    border = ((0, 0), (most, most), (most, most), (0, 0))
    padded = np.pad(batch, border, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, (height, width), axis=(1, 2)
    )  # (n, 2 most + 1, 2 most + 1, channels, height, width)
    down, right = rng.integers(0, 2 * most + 1, size=(2, count))
    shifted = windows[np.arange(count), down, right]
    return np.ascontiguousarray(np.moveaxis(shifted, 1, -1))
