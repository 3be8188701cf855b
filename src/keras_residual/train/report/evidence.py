"""What a network does with the examples held out: as classes, labels or targets."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data import Source
from keras_residual.train.pipeline import Steps, stream

BATCH = 128


@dataclass(frozen=True)
class Mistake:
    """An example that the network gets wrong.

    Args:
        number: Its place among the examples held out, from 0.
        label: The class it has.
        named: The class the network gives it.
        probability: How sure the network is of that.
    """

    number: int
    label: int
    named: int
    probability: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a network does with labelled examples.

    Args:
        probabilities: A row an example, a column a class.
        labels: The class of each example.
    """

    probabilities: NDArray[np.float64]
    labels: NDArray[np.int32]

    @property
    def named(self) -> NDArray[np.int64]:
        """The class that the network gives each example."""
        return self.probabilities.argmax(axis=1)

    @property
    def accuracy(self) -> float:
        """Share of the examples that are classified correctly."""
        return float((self.named == self.labels).mean())

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts: a row a class, a column the class that was named."""
        classes = self.probabilities.shape[1]
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.labels, self.named), 1)
        return counts

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy on other such examples lies, 19 times in 20.

        Reference:
            Wilson, Probable Inference, the Law of Succession, and Statistical
            Inference, 1927.
        """
        share, count, z = self.accuracy, len(self.labels), 1.96
        centre = share + z * z / (2 * count)
        reach = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
        below = 1 + z * z / count
        return float((centre - reach) / below), float((centre + reach) / below)

    def mistakes(self, most: int) -> list[Mistake]:
        """Returns the mistakes of which the network is most sure.

        Args:
            most: How many at most.
        """
        named = self.named
        wrong = np.flatnonzero(named != self.labels)
        sure = self.probabilities[wrong, named[wrong]]
        ranked = wrong[np.argsort(-sure, kind="stable")][:most]
        return [
            Mistake(
                int(number),
                int(self.labels[number]),
                int(named[number]),
                float(self.probabilities[number, named[number]]),
            )
            for number in ranked
        ]


def answers(network: keras.Model, source: Source) -> NDArray[np.float64]:
    """Runs a network over examples, a batch at a time.

    Args:
        network: As it is saved: from raw values to logits, or to values in units.
        source: The examples.
    """
    steps = Steps(source, batch_size=BATCH, epochs=1)
    found = [network.predict_on_batch(values) for values, _ in stream(steps)]
    return np.concatenate(found).astype(np.float64)


def softmax(logits: NDArray) -> NDArray[np.float64]:
    """Turns logits into probabilities.

    Args:
        logits: A row an example, a column a class.

    Examples:
        >>> softmax(np.zeros((1, 4))).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    wide = np.asarray(logits, np.float64)
    power = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


def sigmoid(logits: NDArray) -> NDArray[np.float64]:
    """Turns the logit of each label into a probability.

    Args:
        logits: A row an example, a column a label.

    Examples:
        >>> sigmoid(np.zeros((1, 2))).tolist()
        [[0.5, 0.5]]
    """
    return 0.5 + 0.5 * np.tanh(0.5 * np.asarray(logits, np.float64))


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
