"""One batch on its way through the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from keras_residual.graph.running import Runner, Values
from keras_residual.measures.loss import Losses
from keras_residual.measures.scene import Scene, Seen


@dataclass(frozen=True)
class Passage:
    """One batch on its way through the network; each sight sends it through anew.

    Args:
        runner: Runs the graph.
        scenes: The units that are measured, in order.
        known: The values of the inputs, by the index of their operation.
        examples: How many there are.
        losses: Takes the outputs, in a list, and returns the loss of each example.
    """

    runner: Runner
    scenes: tuple[Scene, ...]
    known: Values
    examples: int
    losses: Callable[[list[Any]], Losses]

    def merges(self) -> Iterator[tuple[int, Values]]:
        """Runs the network and stops at each merge.

        Yields:
            The number of the unit, and the values that are alive.
        """
        numbers = {s.unit.merge.index: k for k, s in enumerate(self.scenes)}
        for index, values in self.runner.run(self.known, numbers.keys()):
            yield numbers[index], values


def signal(passage: Passage) -> Iterator[tuple[int, Seen]]:
    """Shows the values of each unit, one unit after the other.

    Args:
        passage: The batch.
    """
    for k, values in passage.merges():
        yield k, Seen(passage.scenes[k], values, passage.examples)
