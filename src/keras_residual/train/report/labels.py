"""Which labels a network gives, and which it misses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.report.evidence import Mistake


@dataclass(frozen=True, eq=False)
class Labels:
    """What a network says of examples that may have several labels.

    Args:
        probabilities: A row an example, a column a label.
        truth: 1 where a label holds.
    """

    probabilities: NDArray[np.float64]
    truth: NDArray

    @property
    def given(self) -> NDArray[np.bool_]:
        """Where the network gives a label: at a probability above a half."""
        return self.probabilities > 0.5

    @property
    def counts(self) -> dict[str, NDArray[np.int64]]:
        """How often each label was given rightly, wrongly, and missed."""
        given, holds = self.given, self.truth > 0.5
        return {
            "right": (given & holds).sum(axis=0),
            "wrong": (given & ~holds).sum(axis=0),
            "missed": (~given & holds).sum(axis=0),
        }

    @property
    def support(self) -> NDArray[np.int64]:
        """How many examples have each label."""
        return (self.truth > 0.5).sum(axis=0)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the given labels that hold; 0 where none was given."""
        counts = self.counts
        return counts["right"] / np.maximum(counts["right"] + counts["wrong"], 1)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of the labels that hold which were given; 0 where none holds."""
        return self.counts["right"] / np.maximum(self.support, 1)

    @property
    def f1(self) -> NDArray[np.float64]:
        """The harmonic mean of precision and recall; 0 where both are."""
        counts = self.counts
        twice = 2 * counts["right"]
        return twice / np.maximum(twice + counts["wrong"] + counts["missed"], 1)

    @property
    def exact(self) -> float:
        """Share of the examples of which every label is right."""
        return float((self.given == (self.truth > 0.5)).all(axis=1).mean())

    def mistakes(self, most: int) -> list[Mistake]:
        """Returns the wrong answers of which the network is most sure.

        Args:
            most: How many at most.

        Returns:
            Mistakes whose `label` is the column; `named` is 1 where the label was
            given, and `probability` how sure the network was of what it said.
        """
        given = self.given
        sure = np.where(given, self.probabilities, 1 - self.probabilities)
        wrong = np.argwhere(given != (self.truth > 0.5))
        ranked = wrong[np.argsort(-sure[tuple(wrong.T)], kind="stable")][:most]
        return [
            Mistake(row, column, int(given[row, column]), float(sure[row, column]))
            for row, column in ranked.tolist()
        ]
