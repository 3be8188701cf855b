"""What is asked of a network's logits: one class, or one against another, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ResidualError
from keras_residual.graph.numbers import array, numbers
from keras_residual.measures.padding import Counts, counts_of
from keras_residual.measures.stream.head import Head

Array = NDArray[np.float64]
Classes = Any
"""A class, or one for each example."""


@dataclass(frozen=True, eq=False)
class Target:
    """A number that is linear in the logits: `Σ weights · logits · direction`.

    Args:
        weights: What each position counts, in a row an example.
        direction: What each class counts, in a row an example.
    """

    weights: Any
    direction: Any

    def of(self, head: Head, logits: Any) -> Any:
        """Returns the number of each example, as a tensor.

        Args:
            head: Where the logits are read.
            logits: As the network has them.
        """
        wide: Any = head.classes_last(keras.ops.cast(logits, "float32"))
        weights: Any = keras.ops.convert_to_tensor(self.weights, dtype="float32")
        wide = wide * weights[..., None]
        where = tuple(range(1, len(wide.shape) - 1))
        wide = keras.ops.sum(wide, axis=where) if where else wide
        direction: Any = keras.ops.convert_to_tensor(self.direction, dtype="float32")
        return keras.ops.sum(wide * direction, axis=-1)


def weights_at(shape: tuple[int, ...], which: Counts, position: int | None) -> Array:
    """Returns what each position counts: one of them, or all alike.

    Args:
        shape: Of the positions, the examples first.
        which: Which of them count; None where all do.
        position: Along the one axis of positions; None for the mean of all that count.
            A negative one counts back from the last that a mask does not leave out.

    Raises:
        ResidualError: There is no such position.
    """
    counts = np.ones(shape) if which is None else which.astype(np.float64)
    if len(shape) == 1:
        return counts
    flat = counts.reshape(len(counts), -1)
    if position is None or len(shape) > 2:
        return (flat / np.maximum(flat.sum(1, keepdims=True), 1)).reshape(shape)
    many = counts.shape[-1]
    if not -many <= position < many:
        raise ResidualError(
            "Stream: there is no such position.",
            given=f"position={position}",
            needed=f"The network answers at {many} positions.",
            write="position=-1, the last; position=None, the mean of all",
        )
    chosen = np.zeros(shape)
    for row, counted in zip(chosen, flat, strict=True):
        places = np.flatnonzero(counted) if position < 0 else np.arange(many)
        if len(places) >= -position:
            row[places[position]] = 1
    return chosen


def target_of(
    head: Head, logits: Any, target: Classes, versus: Classes, position: int | None
) -> Target:
    """Returns what is asked of logits.

    Args:
        head: Where they are read.
        logits: Of the examples.
        target: The class whose logit it is; None for the one that gets the most.
        versus: The class whose logit is taken off; None for none.
        position: As `weights_at` takes it.

    Raises:
        ResidualError: There is no such class or position.
    """
    shape = tuple(head.classes_last(logits).shape)
    weights = weights_at(shape[:-1], counts_of(logits), position)
    examples, classes = shape[0], shape[-1]
    if target is None:
        target = _top(head, logits, weights)
    direction = _one_hot(target, examples, classes, "target")
    if versus is not None:
        direction = direction - _one_hot(versus, examples, classes, "versus")
    return Target(weights, direction)


def _top(head: Head, logits: Any, weights: Array) -> NDArray[Any]:
    wide = numbers(head.classes_last(logits))
    where = tuple(range(1, wide.ndim - 1))
    return (wide * weights[..., None]).sum(where).argmax(-1)


def _one_hot(classes: Classes, examples: int, count: int, name: str) -> Array:
    given = np.asarray(array(classes))
    fits = given.dtype.kind in "iu" and given.shape in ((), (examples,))
    if not fits or given.min() < 0 or given.max() >= count:
        raise ResidualError(
            f"Stream: {name} names no class.",
            given=f"{name}={classes!r:.60}",
            needed=f"It is a whole number from 0 to {count - 1}, or one for each of "
            f"the {examples} examples.",
            write=f"{name}=0",
        )
    return np.eye(count)[np.broadcast_to(given, (examples,))]
