"""What came of tracing a model once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import keras

from keras_residual._keras import layers_in
from keras_residual.graph.graph import Graph
from keras_residual.graph.unfolding.nesting import Nested
from keras_residual.graph.unfolding.symbols import Sizes
from keras_residual.graph.units import units_of


@dataclass
class Attempt:
    """What came of tracing a model at some sizes.

    Args:
        root: The model of all that was done.
        opened: The layers that were opened, by their path.
        failed: Why others could not be.
        sizes: The sizes.
        whole: What hides no unit, seen at other sizes.
    """

    root: Nested
    opened: dict[str, Nested]
    failed: dict[str, str]
    sizes: Sizes
    whole: frozenset[str] = frozenset()

    @cached_property
    def merges(self) -> set[int]:
        """The identities of what merges the units of the whole model."""
        return {id(one.merge.layer) for one in units_of(Graph(self.root.model))}

    @property
    def pooled(self) -> list[str]:
        """What takes batch statistics over all steps, where Keras takes each."""
        return [
            path
            for path, nested in self.opened.items()
            if isinstance(nested.layer, keras.layers.TimeDistributed)
            and any(
                isinstance(one, keras.layers.BatchNormalization)
                for one in layers_in(nested.layer)
            )
        ]

    def without_units(self) -> set[str]:
        """Returns layers of weights alone, and of many steps, opened for nothing."""
        lone = [
            path
            for path, nested in self.opened.items()
            if nested.steps or not any(True for _ in layers_in(nested.layer))
        ]
        return {path for path in lone if not self.has_units(path)}

    def has_units(self, path: str) -> bool:
        """Says whether a layer merges what is a unit, by itself and in the model.

        Args:
            path: The path of a layer that was opened.
        """
        inside = Graph(self.opened[path].model)
        if not units_of(inside):
            return False
        return any(id(op.layer) in self.merges for op in inside.ops)
