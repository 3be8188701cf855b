"""What was traced of one example, so that it takes any number of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from keras_residual._keras import maker_of, record
from keras_residual.compose.layers.held import Constant, Spread, Weight
from keras_residual.graph.unfolding.frame import Frame

_JOINS = ("Concatenate", "Einsum", "Stack")
"""What does not stretch one of its inputs along the batch by itself."""


class Batch:
    """Tells what differs from example to example from what all of them share.

    Where one example is traced, both have a first axis of one, and an operation is told
    of that one. It is told of any number here.

    Args:
        alone: Whether one example stands for any number; else nothing is changed.
    """

    def __init__(self, alone: bool) -> None:
        self.alone = alone
        self._known: dict[int, tuple[Any, bool]] = {}
        self._models: dict[int, tuple[Any, list[bool]]] = {}

    def shares(self, tensors: Iterable[Any]) -> tuple[bool, ...]:
        """Says of symbols whether all examples share them.

        Args:
            tensors: The symbols.
        """
        return tuple(self.alone and not self._is_own(one) for one in tensors)

    def share(self, tensors: Iterable[Any], shared: Iterable[bool]) -> None:
        """Notes of the inputs of a frame whether all examples share them.

        Args:
            tensors: The inputs.
            shared: Of each, whether they do.
        """
        for one, all_do in zip(tensors, shared, strict=True):
            self._known[id(one)] = one, not all_do

    def note(self, model: Any, outputs: list[Any]) -> None:
        """Notes what a nested model returns of what all examples share.

        Args:
            model: The nested model.
            outputs: Its outputs, where they are made.
        """
        if self.alone:
            self._models[id(model)] = model, [self._is_own(one) for one in outputs]

    def free(self, frame: Frame, calls: list[Any]) -> list[Any]:
        """Lets the operations of one call take any number of examples.

        Args:
            frame: The call that is traced.
            calls: The calls of operations in it.

        Returns:
            The calls, with others between them.
        """
        if not self.alone:
            return calls
        found: list[Any] = []
        for call in calls:
            output = call.outputs[0]
            if type(call.operation).__name__ in _JOINS:
                found += self._spread(frame, call)
            else:
                self._stretch(frame, call)
            found.append(maker_of(output))
        return found

    def _is_own(self, tensor: Any) -> bool:
        todo = [tensor]
        while todo:
            one = todo[-1]
            call = maker_of(one)
            before = call.input_tensors if not call.is_input else []
            if isinstance(call.operation, Weight | Constant):
                before = []
            new = [x for x in before if id(x) not in self._known]
            if id(one) in self._known or not new:
                todo.pop()
                self._known.setdefault(id(one), (one, self._says(call, one, before)))
            todo += new
        return self._known[id(tensor)][1]

    def _says(self, call: Any, tensor: Any, before: list[Any]) -> bool:
        if call.is_input:
            return True
        known = self._models.get(id(call.operation))
        if known is not None:
            place = [id(one) for one in call.outputs].index(id(tensor))
            return known[1][place] and any(self._known[id(x)][1] for x in before)
        return any(self._known[id(x)][1] for x in before)

    def _stretch(self, frame: Frame, call: Any) -> None:
        """Takes the number of examples out of what an operation was told."""
        made, read = call.outputs[0].shape, call.input_tensors
        if len(read) != 1 or not self._is_own(read[0]):
            return
        if getattr(call.operation, "newshape", None) and None not in made[1:]:
            call.operation.newshape = (-1, *made[1:])
        elif type(call.operation).__name__ == "BroadcastTo" and made[:1] == (1,):
            _spread_of(frame, read[0], read[0], made[1:], call.outputs)

    def _spread(self, frame: Frame, call: Any) -> list[Any]:
        """Gives each example what all share, before it is joined with its own."""
        given = call.input_tensors
        own = [one for one in given if self._is_own(one)]
        shared = [one for one in given if not self._is_own(one) and _is_one(one)]
        if not own or not shared:
            return []
        added, each = [], {}
        for one in {id(one): one for one in shared}.values():
            out = keras.KerasTensor(one.shape, one.dtype)
            added.append(_spread_of(frame, one, own[0], one.shape[1:], [out]))
            each[id(one)] = out
        told = call.arguments.args, call.arguments.kwargs
        spread: Any = keras.tree.map_structure(lambda x: each.get(id(x), x), told)
        record(call.operation, spread[0], spread[1], call.outputs)
        return added


def _is_one(tensor: Any) -> bool:
    return tensor.shape[:1] == (1,)


def _spread_of(
    frame: Frame, one: Any, like: Any, shape: tuple[int, ...], outputs: list[Any]
) -> Any:
    layer = Spread(shape, name=frame.unique("spread"))
    frame.named.add(id(layer))
    record(layer, ([one, like],), {}, outputs)
    return maker_of(outputs[0])
