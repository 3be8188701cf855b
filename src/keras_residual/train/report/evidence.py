"""What the network does with the examples held out."""

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
