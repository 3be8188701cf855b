"""What is told of a distribution over classes, and of how far it is from another."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

from keras_residual.graph.numbers import array, numbers
from keras_residual.measures.stream.head import Head

ops: Any = keras.ops


class Answers(NamedTuple):
    """Arrays of an entry an answer; the fields are those of `Lens`.

    Args:
        top: The class that gets the most.
        probability: What it gets.
        entropy: In nats.
        kl: Of the final answer from this one.
        loss: With the labels; None without.
        right: Whether the top class is the label's; None without.
        weights: What each answer counts.
    """

    top: Any
    probability: Any
    entropy: Any
    kl: Any
    loss: Any
    right: Any
    weights: Any = None


def logarithms(head: Head, logits: Any) -> Any:
    """Returns log-probabilities, in single precision, the classes last.

    Args:
        head: What made the logits.
        logits: Of every class; of the second one alone where there is one sigmoid.
    """
    wide = head.classes_last(ops.cast(logits, "float32"))
    if head.share == "sigmoid":
        wide = ops.concatenate([ops.zeros_like(wide), wide], axis=-1)
    return ops.log_softmax(wide, axis=-1)


def answers_of(logs: Any, final: Any, labels: Any) -> tuple[Any, ...]:
    """Returns the fields of `Answers` for one depth, without the weights.

    Args:
        logs: Log-probabilities at this depth.
        final: Those at the end.
        labels: Probabilities of the classes, or None.
    """
    top = array(ops.argmax(logs, axis=-1)).astype("int64")
    loss = right = None
    if labels is not None:
        loss = numbers(-_expected(labels, logs))
        right = (top == array(ops.argmax(labels, axis=-1))).astype(float)
    return (
        top,
        numbers(ops.exp(ops.max(logs, axis=-1))),
        numbers(-_expected(ops.exp(logs), logs)),
        numbers(_expected(ops.exp(final), final - logs)),
        loss,
        right,
    )


def _expected(shares: Any, values: Any) -> Any:
    """Sums what has a share; an infinite value without one counts as nothing."""
    kept = ops.where(shares > 0, values, ops.zeros_like(values))
    return ops.sum(shares * kept, axis=-1)
