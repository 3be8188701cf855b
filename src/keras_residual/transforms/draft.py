"""A model's graph on paper: calls that can be replaced, removed and inserted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import keras

from keras_residual._keras import (
    input_structure,
    mask_on,
    operation_of,
    output_structure,
)
from keras_residual.graph.functional import function_of, inner_graph, nodes_of
from keras_residual.transforms.call import Call, Value, values_in


class Draft:
    """An editable copy of the graph of one model; the model itself stays as it is.

    A nested model is one call here, and has a draft of its own in `family`.

    Args:
        model: A built Functional or Sequential model, or a `keras.Function`.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model has no graph.

    Examples:
        >>> inputs = keras.Input((4,))
        >>> model = keras.Model(inputs, keras.layers.ReLU(name="relu")(inputs))
        >>> draft = Draft(model)
        >>> [call.name for call in draft.calls]
        ['relu']
    """

    def __init__(self, model: Any, *, path: str = "") -> None:
        function = function_of(model)
        self.model, self.path = model, path
        self.family: dict[int, Draft] = {id(model): self}
        values = {id(tensor): _value(tensor) for tensor in function.inputs}
        self.inputs = list(values.values())
        self.entries = [_entry(tensor) for tensor in function.inputs]
        self.input_structure = input_structure(function)
        self._calls: dict[Call, None] = {}
        self._makers: dict[Value, Call] = {}
        self._users: dict[Value, dict[Call, None]] = {}
        self.drafted: dict[int, Call] = {}
        for node, _ in nodes_of(function, _all_read):
            values.update({id(tensor): _value(tensor) for tensor in node.outputs})
            given = (node.arguments.args, node.arguments.kwargs)
            args, kwargs = _mapped(given, lambda x: values.get(id(x), x))
            outputs = [values[id(tensor)] for tensor in node.outputs]
            self._enter(Call(node.operation, args, kwargs, outputs, node))
        self.outputs = _mapped(output_structure(function), lambda x: values[id(x)])
        if not path:
            self._open_nested()

    def _open_nested(self) -> None:
        """Drafts the models inside, each once, from the outermost inwards."""
        todo: list[Draft] = [self]
        for draft in todo:
            draft.family = self.family
            for call in draft.calls:
                model = call.operation
                if inner_graph(model) is not None and id(model) not in self.family:
                    inner = Draft(model, path=f"{draft.path}{model.name}/")
                    self.family[id(model)] = inner
                    todo.append(inner)

    @property
    def calls(self) -> list[Call]:
        """All calls, in the order in which they were made or inserted."""
        return list(self._calls)

    @property
    def read_outside(self) -> set[Value]:
        """The values that the model returns."""
        return set(values_in(self.outputs))

    def __contains__(self, call: Call) -> bool:
        return call in self._calls

    def maker(self, value: Value) -> Call | None:
        """Returns the call that returns a value; None for an input of the model."""
        return self._makers.get(value)

    def users(self, value: Value) -> list[Call]:
        """Returns the calls that read a value, each once."""
        return list(self._users.get(value, ()))

    def times(self) -> Counter[int]:
        """Counts how often each operation is called in the family, by its identity."""
        members = self.family.values()
        return Counter(id(call.operation) for one in members for call in one.calls)

    def find(self, node: Any) -> tuple[Draft, Call] | None:
        """Returns where a call of the old model stands, and in which draft, if it does.

        Args:
            node: The node of Keras's graph: `Graph.node_of` tells that of an operation.
        """
        for one in self.family.values():
            call = one.drafted.get(id(node))
            if call is not None and call in one:
                return one, call
        return None

    def is_shared(self, inner: Draft) -> bool:
        """Says whether a model, or one that it lies in, is called several times.

        Args:
            inner: Its draft.
        """
        times, members = self.times(), self.family.values()
        while inner is not self:
            if times[id(inner.model)] > 1:
                return True
            inner = next(
                outer
                for outer in members
                if any(call.operation is inner.model for call in outer.calls)
            )
        return False

    def path_of(self, call: Call) -> str:
        """Returns the name of a call, after the models that it lies in."""
        return f"{self.path}{call.name}"

    def insert(self, operation: Any, args: tuple, output: Value, **kwargs: Any) -> Call:
        """Adds a call, and returns it; its place follows from what it reads.

        Args:
            operation: A planned layer, or an operation of the old model.
            args: Its arguments, values among them.
            output: What it returns: a value that no other call returns.
            **kwargs: Its keyword arguments.
        """
        call = Call(operation, args, kwargs, [output])
        self._enter(call)
        return call

    def replace(self, old: Value, new: Value) -> None:
        """Lets everything that reads one value read another, the outputs included."""
        for call in self._users.pop(old, {}):
            given = (call.args, call.kwargs)
            call.read(*_mapped(given, lambda x: new if x is old else x))
            self._users.setdefault(new, {})[call] = None
        self.outputs = _mapped(self.outputs, lambda x: new if x is old else x)

    def rewire(self, call: Call, args: tuple, **kwargs: Any) -> None:
        """Lets a call read other arguments, and no others by name.

        Args:
            call: The call.
            args: Its new positional arguments, values among them.
            **kwargs: Its new keyword arguments.
        """
        for value in set(call.reads):
            self._users[value].pop(call, None)
        call.read(args, kwargs)
        for value in call.reads:
            self._users.setdefault(value, {})[call] = None

    def remove(self, call: Call) -> None:
        """Takes a call out; what it returns must not be read any more."""
        self._calls.pop(call)
        for value in call.outputs:
            self._makers.pop(value)
        for value in set(call.reads):
            self._users[value].pop(call, None)

    def take_in(self, other: Draft, *given: Value) -> Value:
        """Takes in the calls of another draft, which read these values."""
        for entry, value in zip(other.inputs, given, strict=True):
            other.replace(entry, value)
        for call in other.in_order():
            self._enter(call)
        for inner in other.family.values():
            inner.family, inner.path = self.family, f"{self.path}{inner.path}"
            if inner is not other:
                self.family[id(inner.model)] = inner
        return other.outputs

    def _enter(self, call: Call) -> None:
        self._calls[call] = None
        if call.node is not None:
            self.drafted[id(call.node)] = call
        for value in call.outputs:
            self._makers[value] = call
        for value in call.reads:
            self._users.setdefault(value, {})[call] = None

    def in_order(self) -> list[Call]:
        """Returns the calls that the outputs need, each after those that it reads."""
        done: dict[Call, None] = {}
        todo = [(value, False) for value in reversed(values_in(self.outputs))]
        while todo:
            value, opened = todo.pop()
            call = self._makers.get(value)
            if call is None or call in done:
                continue
            if opened:
                done[call] = None
            else:
                todo.append((value, True))
                todo.extend((read, False) for read in reversed(call.reads))
        return list(done)


def _entry(tensor: Any) -> dict[str, Any]:
    """Returns the arguments of `keras.Input` that make such an input again."""
    layer = operation_of(tensor)
    named = isinstance(layer, keras.layers.InputLayer)
    return {
        "batch_shape": tensor.shape,
        "dtype": tensor.dtype,
        "sparse": tensor.sparse,
        "name": layer.name if named else tensor.name,
        "optional": named and layer.optional,
    }


def _value(tensor: Any) -> Value:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return Value(tensor.shape, dtype, mask_on(tensor) is not None)


def _all_read(node: Any) -> list[Any]:
    """Returns the tensors that a call reads, masks among them."""
    return node.input_tensors


def _mapped(structure: Any, function: Callable[[Any], Any]) -> Any:
    return keras.tree.map_structure(function, structure)
