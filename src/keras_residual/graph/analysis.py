"""A model that is read once, for all that looks at it."""

from __future__ import annotations

from functools import cached_property

import keras

from keras_residual.graph.closed import Units, closed_layers
from keras_residual.graph.graph import Graph
from keras_residual.graph.units import units_of


class Analysis:
    """A model, its graph and its residual units, each read once.

    Whatever looks at a model takes one in its place: `check`, `measure`, `draw`,
    `inspect`, `transforms.prove`, `rewire.prune_depth`. It is of the model as it was
    read; where a layer has been changed since, make another. Weights may change.

    Args:
        model: A Functional or built Sequential model; nested models are opened.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model has no graph: it is subclassed, or not built.

    Examples:
        >>> x = keras.Input((8,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> analysis = kr.Analysis(keras.Model(x, y))
        >>> [unit.path for unit in analysis.units], kr.check(analysis, select=["KR1"])
        (['add'], [])
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.graph = Graph(model)

    @cached_property
    def units(self) -> Units:
        """The residual units, in the order of their merges."""
        closed = tuple(op.path for op in closed_layers(self.graph))
        return Units(units_of(self.graph), closed)


def analysis_of(model: keras.Model | Analysis) -> Analysis:
    """Returns what is read of a model, or was read already.

    Args:
        model: The model, or an analysis of it.
    """
    return model if isinstance(model, Analysis) else Analysis(model)


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
        model: A Functional or built Sequential model; nested models are opened. Or what
            was read of one: an `Analysis`.

    Returns:
        The units in the order in which the model computes their merges. Its `closed`
        names the layers that are made of layers and have no graph to look into, such as
        a model in `TimeDistributed`.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model has no graph: it is subclassed, or not built.

    Examples:
        >>> import keras
        >>> x = keras.Input((8,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> [(u.path, u.kind) for u in find_residuals(keras.Model(x, y))]
        [('add', 'identity')]
    """
    return analysis_of(model).units
