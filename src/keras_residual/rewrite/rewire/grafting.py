"""Grows parts and merges on the values of a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_residual.build.naming import Scope
from keras_residual.build.part import as_part
from keras_residual.read.graph import Graph
from keras_residual.rewrite.draft import Draft, Value


def grow(draft: Draft, value: Value, part: Any, name: str) -> Value:
    """Adds the calls of a part that reads a value, and returns what the part returns.

    Args:
        draft: The draft that the value stands in.
        value: What the part reads.
        part: Anything that `Residual` takes as one.
        name: What the names of new layers begin with; it is counted on where it is
            taken.
    """
    return grow_from(draft, [value], as_part(part).unfold, name)


def grow_from(
    draft: Draft, values: list[Value], build: Callable[..., Any], name: str
) -> Value:
    """Adds the calls that a function of several tensors makes.

    Args:
        draft: The draft that the values stand in.
        values: What is read.
        build: Takes a tensor for each value, and the scope that gives names.
        name: What the names of new layers begin with.
    """
    names = {call.name for call in draft.calls}
    names.update(entry["name"] for entry in draft.entries)
    words, number = name, 1
    while True:
        inputs = [keras.Input(batch_shape=v.shape, dtype=v.dtype) for v in values]
        y = build(*inputs, Scope(words))
        grown = Draft(keras.Model(inputs, y))
        twice = names.intersection(call.name for call in grown.calls)
        if not any(one.startswith(words) for one in twice):
            return draft.take_in(grown, *values)  # names that were given stay
        number += 1
        words = f"{name}_{number}"


@contextmanager
def axes_of(graph: Graph) -> Iterator[None]:
    """Lets parts that are grown find the channels where a model has them.

    Args:
        graph: The model's graph.
    """
    before = keras.config.image_data_format()
    first = any(graph.channels_first(op) for op in graph.ops if len(op.shape) > 3)
    keras.config.set_image_data_format("channels_first" if first else "channels_last")
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)
