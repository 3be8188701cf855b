"""Calls of a draft once more, on new layers with weights of their own."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual._keras import layers_in
from keras_residual.graph.functional import inner_graph
from keras_residual.graph.kinds import kind_of
from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.copies import copy_of, copy_state
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rebuild import rebuilt, replay


class Twins:
    """The layers between two values of a draft once more, under other names.

    Args:
        draft: The draft that the values stand in.
        entry: Where they begin.
        end: Where they end.

    Raises:
        NotApplicable: The end does not depend on the entry in this draft.
    """

    def __init__(self, draft: Draft, entry: Value, end: Value) -> None:
        self._draft, self._entry, self._end = draft, entry, end
        calls = _between(draft, entry, end)
        mark = _free(draft, calls)
        self._made: dict[int, Any] = {}
        for call in calls:
            if id(call.operation) not in self._made:
                copy = _again(call.operation)
                copy.name = f"{call.name}_{mark}"
                self._made[id(call.operation)] = copy
        self._old = {id(call.operation): call.operation for call in calls}
        self._tensors: dict[Value, Any] = {}
        own = {value for call in calls for value in call.outputs}
        for value in (v for call in calls for v in call.reads):
            if value not in own and value not in self._tensors:
                made = keras.Input(batch_shape=value.shape, dtype=value.dtype)
                self._tensors[value] = made
        self._read = list(self._tensors)
        for call in calls:
            replay(call, self._tensors, self._made)

    def take_weights(self) -> None:
        """Gives each layer the weights of the old one; dropout draws its own."""
        for key, old in self._old.items():
            if kind_of(old) != "dropout":
                copy_state(old, self._made[key])

    def of(self, layer: Any) -> Any:
        """Returns the twin of a layer, which may lie in a model; None if it has none.

        Args:
            layer: A layer of the old model.
        """
        for key, old in self._old.items():
            if not isinstance(old, keras.layers.Layer):
                continue
            pairs = zip(
                layers_in(old, itself=True),
                layers_in(self._made[key], itself=True),
                strict=True,
            )
            for one, twin in pairs:
                if one is layer:
                    return twin
        return None

    def enter(self) -> None:
        """Puts the new calls behind the old ones."""
        inputs = [self._tensors[value] for value in self._read]
        grown = Draft(keras.Model(inputs, self._tensors[self._end]))
        end = self._end
        held = Value(end.shape, end.dtype, end.masked)
        self._draft.replace(end, held)
        given = [end if v is self._entry else v for v in self._read]
        self._draft.replace(held, self._draft.take_in(grown, *given))


def _again(operation: Any) -> Any:
    """Returns a layer again, and a nested model of layers again: none knows a graph."""
    if inner_graph(operation) is None:
        return copy_of(operation)
    return rebuilt(Draft(operation), weights=False)[0]


def _between(draft: Draft, entry: Value, end: Value) -> list[Call]:
    """Returns the calls from a value to another, and what they alone read."""
    order = draft.in_order()
    reached, after = {entry}, []
    for call in order:
        if not reached.isdisjoint(call.reads):
            reached.update(call.outputs)
            after.append(call)
    needed, block = {end}, set()
    for call in reversed(after):
        if not needed.isdisjoint(call.outputs):
            needed.update(call.reads)
            block.add(call)
    if not block:
        raise NotApplicable("its branch lies in another model than its merge")
    live = set(order)
    for call in reversed(order):
        users = [u for value in call.outputs for u in draft.users(value) if u in live]
        alone = bool(users) and block.issuperset(users) and entry not in call.outputs
        if alone and draft.read_outside.isdisjoint(call.outputs):
            block.add(call)
    return [call for call in order if call in block]


def _free(draft: Draft, calls: list[Call]) -> str:
    """Returns an ending that makes new names of those of the calls."""
    names = {call.name for call in draft.calls}
    names.update(entry["name"] for entry in draft.entries)
    mark, number = "copy", 1
    while any(f"{call.name}_{mark}" in names for call in calls):
        number += 1
        mark = f"copy{number}"
    return mark
