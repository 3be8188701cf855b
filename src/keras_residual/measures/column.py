"""A column of the table: what it sees of a batch, and what the sum of that means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from keras_residual.graph.running import Runner, Values
from keras_residual.measures.loss import Losses
from keras_residual.measures.unit_activations import UnitActivations, UnitPaths

ColumnWord = Literal[
    "all",
    "ratio",
    "cosine",
    "negative",
    "stream_squared_mean",
    "stream_variance",
    "branch_squared_mean",
    "branch_variance",
    "influence",
    "gate",
    "scale",
    "gradient",
    "weight_gradient",
    "lesion",
    "gain",
    "mixing_forward",
    "mixing_backward",
    "lane_similarity",
]
"""What `columns=` takes."""
Columns = Iterable[ColumnWord]
Totals = NDArray[np.float64]
Sight = Callable[["ForwardPass"], Iterator[tuple[int, Any]]]


@dataclass(frozen=True)
class Column:
    """One measure of a unit.

    What batches add is summed, so data can be streamed, and the result does not depend
    on how it is cut into batches.

    Args:
        name: What it is called, in `columns=` and in files.
        title: What stands above it in print.
        sight: Shows one batch: the number of a unit, and what is seen of it.
        adds: Takes what is seen of a unit in one batch and returns numbers to sum up;
            None where the measure is not defined for the unit.
        finish: Takes the sum and returns the value.
        missing: Why there is no value where there is none.
        default: Whether it is measured if no columns are named.
        needs_labels: Whether it needs the loss, and so the labels.
    """

    name: str
    title: str
    sight: Sight
    adds: Callable[[Any], Totals | None]
    finish: Callable[[Totals], float]
    missing: str = "is not defined for this unit"
    default: bool = False
    needs_labels: bool = False


def quotient(totals: Totals) -> float:
    """Divides the first total by the second; no number where that is zero.

    Args:
        totals: Two numbers.
    """
    above, below = totals
    return float(above / below) if below else float("nan")


@dataclass(frozen=True)
class ForwardPass:
    """One batch on its way through the network; each sight sends it through anew.

    Args:
        runner: Runs the graph.
        units: The units that are measured, in order.
        known: The values of the inputs, by the index of their operation.
        examples: How many there are.
        losses: Takes the outputs, in a list, and returns the loss of each example.
    """

    runner: Runner
    units: tuple[UnitPaths, ...]
    known: Values
    examples: int
    losses: Callable[[list[Any]], Losses]

    def merges(self) -> Iterator[tuple[int, Values]]:
        """Runs the network and stops at each merge.

        Yields:
            The number of the unit, and the values that are alive.
        """
        numbers = {s.unit.merge.index: k for k, s in enumerate(self.units)}
        for index, values in self.runner.run(self.known, numbers.keys()):
            yield numbers[index], values


def signal(forward: ForwardPass) -> Iterator[tuple[int, UnitActivations]]:
    """Shows the values of each unit, one unit after the other.

    Args:
        forward: The batch.
    """
    for k, values in forward.merges():
        yield k, UnitActivations(forward.units[k], values, forward.examples)
