"""What the rules look at: one model, read once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras

from keras_residual.compose.layers.block import Block
from keras_residual.graph.analysis import Analysis, analysis_of
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import kind_of

if TYPE_CHECKING:
    from keras_residual.measures import Table


class Subject:
    """A model, its graph and its units, each read once for all rules.

    Args:
        model: A Functional or built Sequential model, or an `Analysis` of one.
        data: Examples as `measure` takes them, for the rules that need some; None
            leaves these rules out.
        steps: How many steps the training run has, for the rules that depend on its
            length; None leaves these out.
        table: What was measured on the data already, so that no rule does it again.
    """

    def __init__(
        self,
        model: keras.Model | Analysis,
        data: Any = None,
        steps: int | None = None,
        *,
        table: Table | None = None,
    ):
        self.analysis = analysis_of(model)
        self.model, self.graph = self.analysis.model, self.analysis.graph
        self.data, self.steps, self.table = data, steps, table

    @property
    def units(self) -> list[Unit]:
        """The residual units, in the order of their merges."""
        return self.analysis.units

    def in_a_layer(self, path: str) -> bool:
        """Says whether an operation stands in the call of a layer that was opened.

        Args:
            path: Of the operation.
        """
        return any(path.startswith(f"{one}/") for one in self._opened)

    @cached_property
    def _opened(self) -> tuple[str, ...]:
        nested = (keras.Model, Block)
        return tuple(
            path
            for path, layer in self.analysis.unfolded.opened.items()
            if not isinstance(layer, nested)
        )

    @cached_property
    def layers(self) -> list[Op]:
        """The first call of each Keras layer, in order; shared layers stand once."""
        first: dict[int, Op] = {}
        for op in self.graph.ops:
            if op.kind != "slice":
                first.setdefault(id(op.layer), op)
        return list(first.values())

    def users(self, op: Op) -> list[Op]:
        """Returns the operations that read this one.

        Args:
            op: An operation of the graph.
        """
        return [self.graph.ops[i] for i in self.graph.users[op.index]]

    def sources(self, op: Op) -> list[Op]:
        """Returns the operations that this one reads.

        Args:
            op: An operation of the graph.
        """
        return [self.graph.ops[i] for i in op.sources]


def by_momentum(subject: Subject) -> dict[float, list[Op]]:
    """Groups Keras's batch norms by their momentum, without the frozen ones.

    Args:
        subject: The model that is looked at.
    """
    found: dict[float, list[Op]] = {}
    for op in subject.layers:
        layer = op.layer  # one of another make may count momentum from the other end
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            found.setdefault(float(layer.momentum), []).append(op)
    return found


def keeps_statistics(op: Op) -> bool:
    """Says whether an operation normalises with moving statistics in inference.

    Args:
        op: An operation of the graph.
    """
    names = [getattr(w, "name", "") for w in getattr(op.layer, "weights", ())]
    return kind_of(op.layer) == "norm" and "moving_mean" in names
