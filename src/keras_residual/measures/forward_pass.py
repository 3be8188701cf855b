"""One batch on its way through the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from keras_residual.graph.running import Runner, Values
from keras_residual.measures.loss import Losses
from keras_residual.measures.unit_activations import UnitActivations, UnitPaths


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
