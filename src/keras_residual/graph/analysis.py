"""A model that is read once, for all that looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import keras
from rich.console import Group
from rich.text import Text

from keras_residual.common.shown import Shown
from keras_residual.common.terminal import first_sentence
from keras_residual.common.wording import listed
from keras_residual.compose.layers.block import Block
from keras_residual.graph.closed import closed_layers
from keras_residual.graph.found import Units
from keras_residual.graph.functional import inner_graph, no_model
from keras_residual.graph.graph import Graph
from keras_residual.graph.unfolding import Unfolded, unfold
from keras_residual.graph.units import units_of


class Analysis(Shown):
    """A model, its graph and its residual units, each read once.

    Layers that hide what they do are opened first, as `unfold` does. Whatever looks at
    a model takes an analysis in its place: `check`, `measure`, `draw`, `inspect`,
    `transforms.prove`, `rewire.prune_depth`. It is of the model as it was read; where a
    layer has been changed since, make another. Weights may change.

    Args:
        model: Any Keras model; nested models are opened.
        like: An example batch, or a tuple of it and labels, for a model whose inputs
            or their sizes are not known; as `unfold` takes it.
        opened: Whether layers are opened; what rewrites a model leaves them.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model is not built, or its call cannot be traced.

    Examples:
        >>> x = keras.Input((8,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> analysis = kr.Analysis(keras.Model(x, y))
        >>> [unit.path for unit in analysis.units], kr.check(analysis, select=["KR1"])
        (['add'], [])
    """

    def __init__(
        self, model: keras.Model, like: Any = None, *, opened: bool = True
    ) -> None:
        if not isinstance(model, keras.Model | keras.Function | Block):
            raise no_model("Residual connections are read from a Keras model.", model)
        layer = isinstance(model, keras.layers.Layer)
        self.model = model
        self._unopened = _HELD
        self.unfolded = self._opened(like) if opened and layer else Unfolded(model)
        self.graph = Graph(self.unfolded.model)

    def _opened(self, like: Any) -> Unfolded:
        """Opens the layers; where that fails, reads the graph that the model has."""
        try:
            return unfold(self.model, like)
        except Exception as reason:  # foreign code: whatever it raises
            if inner_graph(self.model) is None:
                raise
            self._unopened = f"its model cannot be opened: {first_sentence(reason)}"
            return Unfolded(self.model)

    def __rich__(self) -> Group:
        head = f'"{self.model.name}": {len(self.graph.ops)} operations'
        return Group(Text(head), self.units.__rich__())

    @cached_property
    def units(self) -> Units:
        """The residual units, in the order of their merges."""
        return Units(units_of(self.graph), tuple(self.closed))

    @cached_property
    def closed(self) -> Mapping[str, str]:
        """Why layers that may hold units were not looked into, by their path."""
        known, seen = self.unfolded.closed, {*self.unfolded.whole}
        found = [op.path for op in closed_layers(self.graph) if op.path not in seen]
        return dict.fromkeys(found, self._unopened) | dict(known)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not looked into, or not known; nothing where all was."""
        return tuple(filter(None, (self.unread, *self.unfolded.notes)))

    @property
    def unread(self) -> str:
        """What was not looked into, in a sentence; nothing where all was."""
        names = listed([f'"{path}"' for path in self.closed], 3)
        return f"not looked into: the layers inside {names}" if names else ""


_HELD = "it holds layers, and has no graph"


def analysis_of(model: keras.Model | Analysis, like: Any = None) -> Analysis:
    """Returns what is read of a model, or was read already.

    Args:
        model: The model, or an analysis of it.
        like: As `Analysis` takes it.
    """
    return model if isinstance(model, Analysis) else Analysis(model, like)


def as_built(model: keras.Model | Analysis) -> Analysis:
    """Returns what is read of a model whose layers stay closed, for what rewrites it.

    Args:
        model: The model, or an analysis of it.
    """
    if isinstance(model, Analysis):
        plain = model.unfolded.model is model.model
        return model if plain else Analysis(model.model, opened=False)
    return Analysis(model, opened=False)


def find_residuals(model: keras.Model | Analysis) -> Units:
    """Finds the residual units of a model, whoever built it.

    A unit is a sum whose operands share a point that all of them pass: the nearest
    such point is its entry. An operand that all the others are computed from
    is such a point too when the others also read something else, such as a time
    embedding or the memory of an encoder. A sum of sums from one entry is one unit. A
    concatenation, average, difference, maximum or minimum is a unit where a shortcut
    can be told from a branch with weights; a concatenation only where the shortcut is
    the identity or a slice. A product is no unit: a gate belongs to its path. Token
    numbers are no stream, so a sum of embeddings is no unit, and neither is one with
    an embedding of places that reads tokens for their shape alone. A custom layer that
    sums is found by calling it on numbers.

    The shortcut is the path on which the least is done: the fewest layers with weights,
    then the fewest of these that are wider than one pixel, the fewest
    non-linearities and gates, the fewest norms, scales and dropouts, the fewest other
    operations. It has at most one convolution or dense layer, and eight operations.
    Where two paths tie or none qualifies, the kind is "undecidable".

    Args:
        model: Any Keras model: nested and subclassed models and custom layers are
            opened. Or what was read of one: an `Analysis`.

    Returns:
        The units in the order in which the model computes their merges. Its `closed`
        names the layers that may hold others and could not be opened.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model is not built, or its call cannot be traced.

    Examples:
        >>> import keras
        >>> x = keras.Input((8,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> [(u.path, u.kind) for u in find_residuals(keras.Model(x, y))]
        [('add', 'identity')]
    """
    return analysis_of(model).units
