"""Grows parts and merges on the values of a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_residual.compose.graph import lend
from keras_residual.compose.graph import mask as mask_of
from keras_residual.compose.layers import KeepMask, SetMask
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import as_part
from keras_residual.graph.graph import Graph
from keras_residual.graph.masks import masked
from keras_residual.transforms.call import Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.rewire.tidying import calls_around, given_to


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
        inputs = list(map(_input, values))
        with _layout(_first(draft, values[0])):
            y = build(*inputs, Scope(words))
        grown = Draft(keras.Model(inputs, y))
        grown.outputs.masked = mask_of(y) is not None
        twice = names.intersection(call.name for call in grown.calls)
        if not any(one.startswith(words) for one in twice):
            return draft.take_in(grown, *values)  # names that were given stay
        number += 1
        words = f"{name}_{number}"


def _input(value: Value) -> Any:
    made: Any = keras.Input(batch_shape=value.shape, dtype=value.dtype)
    if value.masked:
        lend(made, value.shape[:2])
    return made


def stand_in(draft: Draft, old: Value, new: Value, lender: Value, name: str) -> Value:
    """Returns a value that can stand for another: it carries a mask where that does.

    Without it other steps would count in the loss, and be read by what heeds masks.

    Args:
        draft: The draft that the values stand in.
        old: What is replaced.
        new: What comes in its place.
        lender: Whose mask the old value carries.
        name: What the name of a layer that mends the mask begins with.
    """
    if old.masked == new.masked:
        return new

    def ended(x: Any, scope: Scope) -> Any:
        return SetMask(name=scope.name("unmasked"))(x)

    def lent(x: Any, y: Any, scope: Scope) -> Any:
        return KeepMask(name=scope.name("mask"))([x, y])

    if new.masked:
        return grow_from(draft, [new], ended, name)
    kept = grow_from(draft, [new, lender], lent, name)
    kept.masked = True
    return kept


def know_masks(graph: Graph, draft: Draft) -> None:
    """Marks the values that carry masks in nested models, where Keras tells none.

    Args:
        graph: The model's graph.
        draft: Its draft.
    """
    for op, found in zip(graph.ops, masked(graph), strict=True):
        place = draft.find(graph.node_of(op)) if found else None
        if place is not None and len(place[1].outputs) == 1:
            place[1].outputs[0].masked = True
    for inner in list(draft.family.values())[1:]:  # from the outermost inwards
        for _, call in calls_around(draft, inner):
            for value, given in zip(inner.inputs, given_to(inner, call), strict=True):
                value.masked |= given.masked or bool(call.named_reads)


@contextmanager
def axes_of(graph: Graph, draft: Draft) -> Iterator[None]:
    """Lets parts that are grown find the channels and the mask of each value.

    Args:
        graph: The model's graph.
        draft: Its draft.
    """
    for op in reversed(graph.ops):
        if (place := draft.find(graph.node_of(op))) is not None:
            for value in place[1].outputs:
                value.first = graph.channels_first(op)
    for index, value in zip(graph.inputs, draft.inputs, strict=True):
        value.first = graph.channels_first(graph.ops[index])
    know_masks(graph, draft)
    with _layout(
        any(graph.channels_first(op) for op in graph.ops if len(op.shape) > 3)
    ):
        yield


def _first(draft: Draft, value: Value) -> bool | None:
    """Says whether the channels of a value come first; of a new one, as it was made."""
    made: Value | None = value
    while made is not None and made.first is None:
        maker = draft.maker(made)
        made = next(iter(maker.reads), None) if maker else None
    if made is None:  # what a nested model is given
        users = [one for call in draft.users(value) for one in call.outputs]
        known = [one for one in users if one.first is not None]
        made = next((v for v in known if len(v.shape) == len(value.shape)), None)
    return None if made is None else made.first


@contextmanager
def _layout(first: bool | None) -> Iterator[None]:
    """Sets where parts look for channels; None leaves it."""
    before = keras.config.image_data_format()
    if first is not None:
        keras.config.set_image_data_format(
            "channels_first" if first else "channels_last"
        )
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)
