"""Makes inputs up: random ones, those at the edges, and those that a model is for."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual.graph.purpose import Purpose

KINDS = ("normal", "zeros", "large", "negative", "small", "typical")
"""What the samples of one batch are filled with, in turn."""

_TOKENS = 10  # of an integer input that is looked up nowhere
LINE = 8
"""Words of a text."""

_WORDS = ("a", "b", "ab", "the", "cat", "sat", "10", "")
_SMALL = 1e-3


def made_up(
    rng: np.random.Generator,
    tensor: Any,
    shape: list[int],
    purpose: Purpose,
    kinds: tuple[str, ...],
) -> np.ndarray:
    """Returns a batch for one input.

    Args:
        rng: Draws the numbers.
        tensor: The input.
        shape: Of one sample.
        purpose: What the input is for.
        kinds: What each sample is.
    """
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype == "string" or purpose.levels:
        return _told_apart(rng, kinds, shape, purpose, dtype)
    if "float" in dtype and purpose.limit is None:
        rows = [_sample(rng, kind, shape, purpose) for kind in kinds]
        return np.stack(rows).astype("float64" if dtype == "float64" else "float32")
    high = 2 if dtype == "bool" else purpose.limit or _TOKENS
    drawn = rng.integers(0, high, (len(kinds), *shape))
    for row, kind in enumerate(kinds):
        if kind == "zeros":
            drawn[row] = 0
        elif kind == "large":
            drawn[row] = high - 1
        elif kind == "typical" and shape and dtype != "bool":
            drawn[row, ..., -(shape[-1] // 3) or shape[-1] :] = 0  # as padding
    return drawn.astype("float32" if "float" in dtype else dtype)


def _sample(
    rng: np.random.Generator, kind: str, shape: list[int], purpose: Purpose
) -> np.ndarray:
    if kind == "zeros":
        return np.zeros(shape)
    drawn = rng.standard_normal(shape)
    if kind == "negative":
        return -np.abs(drawn)
    if kind == "large":
        return 100 * drawn
    if kind == "typical":
        drawn = _typical(rng, shape, purpose)
    elif kind == "small":
        drawn = _SMALL * drawn
    drawn = purpose.center + purpose.spread * drawn
    if purpose.padding is not None and len(shape) > 1:
        drawn[-(shape[0] // 3) or shape[0] :] = purpose.padding
    return drawn


def _typical(
    rng: np.random.Generator, shape: list[int], purpose: Purpose
) -> np.ndarray:
    """Returns letters, or what fills the range that the first layer expects."""
    if purpose.one_hot:
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    around = np.any(np.asarray(purpose.center) != 0)
    return rng.uniform(-1 if around else 0, 1, shape)


def _told_apart(
    rng: np.random.Generator,
    kinds: tuple[str, ...],
    shape: list[int],
    purpose: Purpose,
    dtype: str,
) -> np.ndarray:
    """Returns every value in turn, some of them at least."""
    levels: list[Any] = list(purpose.levels or _WORDS)
    each = LINE if purpose.words is not None else 1
    count = len(kinds) * int(np.prod(shape, dtype=int)) * each
    order = np.concatenate(
        [rng.permutation(len(levels)) for _ in range(-(-count // len(levels)))]
    )
    drawn = [levels[k] for k in order[:count]]
    if purpose.words is not None:
        lines = [drawn[k : k + each] for k in range(0, count, each)]
        drawn = [purpose.words.join(line) for line in lines]
    found = np.array(drawn, dtype=None if dtype == "string" else dtype)
    found = found.reshape(len(kinds), *shape)
    if "zeros" in kinds:
        found[kinds.index("zeros")] = "" if dtype == "string" else 0
    return found
