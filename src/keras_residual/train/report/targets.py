"""How far the answers of a regression are off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Targets:
    """What a network answers to examples, beside what is true.

    Args:
        answers: In the data's own units; a row an example, a column a target.
        truth: What they should be.
    """

    answers: NDArray[np.float64]
    truth: NDArray[np.float64]

    @property
    def residuals(self) -> NDArray[np.float64]:
        """Answer minus truth."""
        return self.answers - self.truth

    @property
    def mae(self) -> NDArray[np.float64]:
        """Mean absolute error of each target, in its units."""
        return np.abs(self.residuals).mean(axis=0)

    @property
    def mae_of_mean(self) -> NDArray[np.float64]:
        """What the mean absolute error would be if the mean were always answered."""
        return np.abs(self.truth - self.truth.mean(axis=0)).mean(axis=0)

    @property
    def r2(self) -> NDArray[np.float64]:
        """Share of the variance of each target that is explained, 1 at best.

        Of a target that never varies it is 1 where every answer is exact, else 0.
        """
        size = np.maximum(np.abs(self.truth).max(axis=0), np.finfo(np.float64).tiny)
        truth, off = self.truth / size, self.residuals / size  # squares overflow
        total = np.square(truth - truth.mean(axis=0)).sum(axis=0)
        missed = np.square(off).sum(axis=0)
        varies = total > 0
        return np.where(
            varies, 1 - missed / np.where(varies, total, 1), np.where(missed, 0.0, 1.0)
        )

    def largest_errors(self, most: int) -> list[tuple[int, int]]:
        """Returns example and target of the answers that are furthest off.

        Args:
            most: How many at most; errors of several targets are ranked in their
                mean absolute errors.
        """
        share = np.abs(self.residuals) / np.where(self.mae > 0, self.mae, 1)
        ranked = np.argsort(-share, axis=None, kind="stable")[:most]
        places = zip(*np.unravel_index(ranked, share.shape), strict=True)
        return [(int(row), int(column)) for row, column in places]
