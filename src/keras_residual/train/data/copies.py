"""Finds examples held out that a network has already learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import counted
from keras_residual.train.data.chunks import BYTES
from keras_residual.train.data.dataset import Source


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
