"""Makes the model that a draft describes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_residual.compose.layers.block import Block
from keras_residual.transforms.call import Call, NewLayer, Value
from keras_residual.transforms.copies import copy_of, copy_state
from keras_residual.transforms.draft import Draft

_FRAMES_PER_CALL = 4  # that Keras stacks while it maps a graph


def rebuild(draft: Draft, *, names: dict[int, str] | None = None) -> keras.Model:
    """Makes a new model from a draft.

    Layers are new ones with the weights of the old, taken by identity: a layer that
    was shared is shared, and a nested model stays one, under its name. The old model
    is not touched. The new one is not compiled.

    Args:
        draft: The outermost draft.
        names: Other names for layers and operations, by the identity of the old ones.

    Returns:
        A model; Sequential where the old one was and the draft still is a chain.

    Raises:
        ResidualError: A layer cannot be made from its `get_config()`.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> new = rebuild(Draft(model))
        >>> new.layers[0] is model.layers[0], new.layers[0].name == model.layers[0].name
        (False, True)
    """
    return rebuilt(draft, names=names)[0]


def rebuilt(
    draft: Draft, *, names: dict[int, str] | None = None, weights: bool = True
) -> tuple[keras.Model, list[tuple[Any, Any]]]:
    """Does what `rebuild` does, and tells which layer became which.

    Args:
        draft: The outermost draft.
        names: As in `rebuild`.
        weights: Whether the layers hold those of the old ones, or new ones.

    Returns:
        The model, and pairs of a layer or operation that was kept and its copy.
    """
    made: dict[int, Any] = {}
    with _room_to_recurse(draft), _dtype_policy_kept():
        for call in draft.calls:
            if name := (names or {}).get(id(call.operation)):
                _operation(call, made).name = name
        called = _innermost_first(draft)
        for inner in called:
            made[id(inner.model)] = _built(inner, made)
    new = made[id(draft.model)]
    for inner in reversed(called) if weights else ():
        _copy_states(inner, made)
    return new, _pairs(draft, made)


def _pairs(draft: Draft, made: dict[int, Any]) -> list[tuple[Any, Any]]:
    kept = {
        id(call.operation): call.operation
        for one in draft.family.values()
        for call in one.in_order()
        if not isinstance(call.operation, NewLayer)
    }
    return [
        (old, made[key])
        for key, old in kept.items()
        if key in made and key not in draft.family
    ]


def _innermost_first(draft: Draft) -> list[Draft]:
    """Orders the drafts so that each comes after the models that it calls."""
    done: dict[int, Draft] = {}
    todo = [(draft, False)]
    while todo:
        one, opened = todo.pop()
        if id(one.model) in done:
            continue
        if opened:
            done[id(one.model)] = one
            continue
        todo.append((one, True))
        for call in one.calls:
            if id(call.operation) in draft.family:
                todo.append((draft.family[id(call.operation)], False))
    return list(done.values())


def _built(draft: Draft, made: dict[int, Any]) -> Any:
    """Replays the calls of one draft on new inputs."""
    old = draft.model
    if isinstance(old, keras.layers.Layer):
        keras.config.set_dtype_policy(old.dtype_policy)
    tensors: dict[Value, Any] = {
        value: keras.Input(**entry)
        for value, entry in zip(draft.inputs, draft.entries, strict=True)
    }
    chain = _chain(draft)
    if chain is not None:
        layers = [_operation(call, made) for call in chain]
        return keras.Sequential([*tensors.values(), *layers], name=old.name)
    for call in draft.in_order():
        replay(call, tensors, made)
    inputs = keras.tree.pack_sequence_as(
        draft.input_structure, [tensors[value] for value in draft.inputs]
    )
    outputs = keras.tree.map_structure(lambda value: tensors[value], draft.outputs)
    new = _class_of(old)(inputs, outputs, name=old.name)
    return old.around(new) if isinstance(old, Block) else new


def _class_of(model: Any) -> Any:
    """Returns the class to make again: a subclass only where it is made alike."""
    if not isinstance(model, keras.layers.Layer):
        return keras.Function
    alike = type(model).__init__.__qualname__ == "Functional.__init__"
    return type(model) if alike else keras.Model


def _chain(draft: Draft) -> list[Call] | None:
    """Returns the calls where a Sequential model still is one."""
    if not isinstance(draft.model, keras.Sequential):
        return None
    (value,) = keras.tree.flatten(draft.outputs)
    calls: list[Call] = []
    while (call := draft.maker(value)) is not None:
        masks = all(name.endswith("mask") for name, _ in call.named_reads)
        layer = isinstance(call.operation, (keras.layers.Layer, NewLayer))
        if not (masks and layer and len(call.outputs) == len(call.args) == 1):
            return None
        if not isinstance(value := call.args[0], Value):
            return None
        calls.insert(0, call)
    return calls or None


def _operation(call: Call, made: dict[int, Any]) -> Any:
    """Returns the new operation for an old or planned one, the same for each call."""
    key = id(call.operation)
    if key not in made:
        if isinstance(call.operation, NewLayer):
            planned = call.operation
            made[key] = planned.kind.from_config(dict(planned.config))
        else:
            made[key] = copy_of(call.operation)
    return made[key]


def replay(call: Call, tensors: dict[Value, Any], made: dict[int, Any]) -> None:
    """Makes one call on new tensors.

    Args:
        call: The call.
        tensors: What stands for each value; the outputs are added.
        made: The new operations by the identity of the old; a missing one is added.
    """
    given: Any = keras.tree.map_structure(
        lambda x: tensors[x] if isinstance(x, Value) else x, (call.args, call.kwargs)
    )
    args, kwargs = given
    outputs = keras.tree.flatten(_operation(call, made)(*args, **kwargs))
    tensors.update(zip(call.outputs, outputs, strict=True))


def replayed(draft: Draft, begin: dict[Value, Any], end: Value) -> Any:
    """Returns what a value is on new layers, with weights of their own.

    Args:
        draft: The draft that the values stand in.
        begin: Tensors that stand for values; what comes from before them is an input.
        end: The value.
    """
    tensors, calls, todo = dict(begin), set(), [end]
    while todo:
        if (value := todo.pop()) in tensors:
            continue
        if (call := draft.maker(value)) is None:
            tensors[value] = keras.Input(batch_shape=value.shape, dtype=value.dtype)
        elif call not in calls:
            calls.add(call)
            todo += call.reads
    made: dict[int, Any] = {}
    for call in draft.in_order():
        if call in calls:
            replay(call, tensors, made)
    return tensors[end]


def _copy_states(draft: Draft, made: dict[int, Any]) -> None:
    """Copies the weights, and the flags from the outermost model inwards."""
    old, new = draft.model, made[id(draft.model)]
    if isinstance(old, keras.layers.Layer) and new.trainable != old.trainable:
        new.trainable = old.trainable
    for call in draft.in_order():
        operation = call.operation
        if isinstance(operation, NewLayer):
            _fill(made[id(operation)], operation)
        elif id(operation) in made and id(operation) not in draft.family:
            copy_state(operation, made[id(operation)])


def _fill(layer: keras.layers.Layer, planned: NewLayer) -> None:
    """Gives a planned layer its weights and flags, whatever the model around it is."""
    flag = planned.config.get("trainable", True)
    if layer.trainable != flag:
        layer.trainable = flag
    for name, array in planned.weights.items():
        variable = getattr(layer, name)
        variable.assign(array)
        if variable.trainable != planned.trained.get(name, variable.trainable):
            variable.trainable = planned.trained[name]


@contextmanager
def _room_to_recurse(draft: Draft) -> Iterator[None]:
    # `keras.Model` recurses once per call of its longest path, and stops near 975.
    most = max(len(inner.calls) for inner in draft.family.values())
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 1000 + _FRAMES_PER_CALL * most))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def _dtype_policy_kept() -> Iterator[None]:
    # A model takes the global policy for its own.
    before = keras.config.dtype_policy()
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
