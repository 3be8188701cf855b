"""What looks doubtful: examples that were learned, numbers that are no values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import counted, text
from keras_residual.train.data.chunks import BYTES
from keras_residual.train.data.dataset import Source

USUAL = (99, 999, 9999, 99999, 999999, 9999999, 32767, 32768, 65535)
OFTEN = 3  # rows; what stands there less often may be measured
# How far from all others, in their range: of a usual marker, and of any number.
FAR, FAR_AWAY = 0.5, 3.0


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


def marker_notes(values: NDArray, names: Sequence[str]) -> Iterator[str]:
    """Says which columns hold one number often, and far from all others.

    Args:
        values: Rows of finite numbers.
        names: What each column is called.
    """
    for at, name in enumerate(names):
        cells = values[:, at]
        for marker in (cells.min(), cells.max()):
            rest = cells[cells != marker]
            count = len(cells) - len(rest)
            if count >= OFTEN and _is_far(float(marker), rest):
                yield (
                    f"{name}: {text(marker)} in {count / len(cells):.1%} of the rows "
                    "is far from all others, and read as a number"
                )


def _is_far(marker: float, rest: NDArray) -> bool:
    if not len(rest) or not marker:  # zero is measured, as a rule
        return False
    least, most = float(rest.min()), float(rest.max())
    gap = least - marker if marker < least else marker - most
    far = FAR if abs(marker) in USUAL else FAR_AWAY
    return most > least and gap >= far * (most - least)
