"""Puts a part behind a layer."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.arguments import checked
from keras_residual.graph.graph import Graph
from keras_residual.transforms.call import Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.rewire.finishing import finished
from keras_residual.transforms.rewire.grafting import axes_of, grow
from keras_residual.transforms.rewire.places import must_fit, point
from keras_residual.transforms.rewritten import Change, Rewritten


@checked
def insert(
    model: keras.Model,
    part: Any,
    *,
    after: str,
    name: str | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Puts a part behind a layer, and keeps the weights of all others.

    Whatever read the layer reads the part. Behind the last layer, the shape may change.

    Args:
        model: A Functional or Sequential model; it is not changed.
        part: A Keras layer or model, a function of a tensor, a list of parts, or a word
            such as `"relu"`. A layer that has weights brings them.
        after: The path of a layer or of an input: its name, after those of the models
            that it lies in.
        name: What the names of the new layers begin with; by default that of the layer
            before, and `_after`. A layer that was given a name keeps it.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, what changed, and the proof: of the whole where
        the part returns what it is given, else of each layer that was kept.

    Raises:
        KindError: This is no model, or no part.
        ResidualError: There is no such layer, it returns several tensors, a name is
            taken, or what others read would change its shape.

    Examples:
        >>> layers = [keras.Input((4,)), keras.layers.Dense(2, name="a")]
        >>> model = keras.Sequential(layers)
        >>> new = kr.rewire.insert(model, "relu", after="a").model
        >>> [layer.name for layer in new.layers]
        ['a', 'a_after_relu1']
    """
    draft = Draft(model)
    one, value = point(draft, after, "insert")
    held = Value(value.shape, value.dtype, value.masked)
    one.replace(value, held)
    name = name or f"{after.rpartition('/')[2]}_after"
    with axes_of(Graph(model), draft):
        grown = grow(one, value, part, name)
    must_fit(one, after, given=grown, needed=held)
    one.replace(held, grown)
    said = part if isinstance(part, str) else type(part).__name__
    return finished(draft, [Change(said, after, "comes after it")], inputs=inputs)
