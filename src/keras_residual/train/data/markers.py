"""Finds numbers that may stand for "not known", such as -999 among shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from numpy.typing import NDArray

from keras_residual.common.wording import text

USUAL = (99, 999, 9999, 99999, 999999, 9999999, 32767, 32768, 65535)
OFTEN = 3  # rows; what stands there less often may be measured
# How far from all others, in their range: of a usual marker, and of any number.
FAR, FAR_AWAY = 0.5, 3.0


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
