"""A nested model of what one layer did when its call was traced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import keras
import numpy as np

from keras_residual._keras import (
    PassingError,
    calls_its_graph,
    input_structure,
    maker_of,
    mask_on,
    output_structure,
    put_mask,
)
from keras_residual.compose.layers.add_loss import AddLoss
from keras_residual.compose.layers.held import Spare
from keras_residual.graph.unfolding.batch import Batch
from keras_residual.graph.unfolding.frame import Frame, symbols

_TAKES_FUNCTION = (
    "AssociativeScan",
    "Cond",
    "ForiLoop",
    "Map",
    "Scan",
    "Switch",
    "VectorizedMap",
    "WhileLoop",
)
_OFTEN = 24
"""How often one layer may be called in one call: more is a loop over steps."""


@dataclass(frozen=True)
class Nested:
    """What a layer does, as a model.

    Args:
        path: Where the layer stands; nothing for the model that was traced.
        layer: The layer.
        model: The model.
        used: Which of the symbols that were given it takes, by place.
        packed: Makes of its outputs, flat, what the layer returns.
        outline: What is done, to compare two traces.
        plain: What is done but for the losses that are added.
    """

    path: str
    layer: Any
    model: Any
    used: tuple[int, ...]
    packed: Callable[[list[Any]], Any]
    outline: tuple[Any, ...]
    plain: tuple[Any, ...]

    @property
    def steps(self) -> bool:
        """Whether its call adds up step after step, with no layer to each."""
        sums = sum(kind == "Add" for kind, *_ in self.outline)
        held = sum(isinstance(own, str) for _, own, *_ in self.outline)
        return sums > max(_OFTEN, held)


class ClosedError(PassingError):
    """Why a layer is not opened, in words."""


def nested_of(
    frame: Frame, outputs: Any, batch: Batch, *, name: str, inputs: Any = None
) -> Nested:
    """Makes the model between the symbols of a frame and what came of them.

    Args:
        frame: The frame.
        outputs: What the call returned, with symbols in it.
        batch: What the examples share.
        name: Of the model.
        inputs: The inputs in the structure that the model takes; by default a list of
            those symbols that are used.

    Raises:
        ClosedError: What was done cannot stand in a graph.
    """
    plain = symbols(outputs)
    if not plain:
        raise ClosedError("its call returns no tensor that depends on its inputs")
    outputs = _with_losses(frame, outputs, plain[0])
    flat, given = symbols(outputs), list(frame.inputs.values())
    calls, read = _calls_behind(flat, given)
    _judge(frame, calls)
    for call in calls:
        _rename(frame, call.operation)
    calls = batch.free(frame, calls)
    used = tuple(k for k, one in enumerate(given) if id(one) in read) or (0,)
    taken = [given[k] for k in used] if inputs is None else inputs
    ends = flat if inputs is None else outputs
    model = keras.Model(taken, ends, name=name)
    batch.note(model, flat)
    return Nested(
        path=frame.path.rstrip("/"),
        layer=frame.layer,
        model=model,
        used=used,
        packed=packing(outputs),
        outline=_outline(calls, given),
        plain=_outline(
            _calls_behind(plain, given)[0] if frame.losses else calls, given
        ),
    )


def _with_losses(frame: Frame, outputs: Any, first: Any) -> Any:
    """Returns the outputs; through the first of them go the losses that are added."""
    added, dtype = first, first.dtype if "float" in first.dtype else None
    for loss in frame.losses:
        how = {"in_training": frame.learns, "name": frame.unique("add_loss")}
        added = frame.keeps(AddLoss(**how, dtype=dtype))([added, loss])
        put_mask(added, mask_on(first))
    return keras.tree.map_structure(lambda x: added if x is first else x, outputs)


def with_all_weights(nested: Nested, frame: Frame) -> Nested:
    """Returns a model with the weights too that the call of its layer does not use.

    Args:
        nested: The model.
        frame: The call.
    """
    used = {id(one) for one in nested.model.weights}
    unused = [one for one in nested.layer.weights if id(one) not in used]
    if not unused:
        return nested
    graph: Any = nested.model
    flat = keras.tree.flatten(output_structure(graph))
    first = Spare(unused, name=frame.unique("spare"))(flat[0])
    put_mask(first, mask_on(flat[0]))
    outputs = keras.tree.pack_sequence_as(output_structure(graph), [first, *flat[1:]])
    model = keras.Model(input_structure(graph), outputs, name=graph.name)
    return replace(nested, model=model)


def _symbolic(value: Any) -> bool:
    return isinstance(value, keras.KerasTensor)


def packing(structure: Any) -> Callable[[list[Any]], Any]:
    """Returns what puts tensors, one for each symbol, into the places that it has."""

    def packed(flat: list[Any]) -> Any:
        found = dict(zip(map(id, symbols(structure)), flat, strict=True))
        # Not `map_structure`: on PyTorch it takes a dict in another order.
        whole = keras.tree.flatten(structure)
        return keras.tree.pack_sequence_as(
            structure, [found.get(id(one), one) for one in whole]
        )

    return packed


def _calls_behind(outputs: list[Any], given: list[Any]) -> tuple[list[Any], set[int]]:
    """Returns the calls between symbols, in order, and which symbols they read."""
    inputs, done, read = {id(one) for one in given}, set(), set()
    calls, todo = [], [(one, False) for one in reversed(outputs)]
    while todo:
        tensor, opened = todo.pop()
        if id(tensor) in inputs:
            read.add(id(tensor))
            continue
        call = maker_of(tensor)
        if opened:
            if id(call) not in done:
                done.add(id(call))
                calls.append(call)
        elif call.is_input:
            raise ClosedError("its call reads a tensor that another layer made")
        elif id(call) not in done:
            todo.append((tensor, True))
            todo.extend((one, False) for one in reversed(call.input_tensors))
    return calls, read


def _judge(frame: Frame, calls: list[Any]) -> None:
    """Refuses what cannot stand in a graph, or would say something else there."""
    if calls_its_graph(frame.layer):
        return
    often = Counter(id(call.operation) for call in calls)
    for call in calls:
        operation = call.operation
        kind = type(operation).__name__
        if kind in _TAKES_FUNCTION and not isinstance(operation, keras.layers.Layer):
            raise ClosedError(f"its call hands a function to keras.ops ({kind})")
        if often[id(operation)] > _OFTEN:
            raise ClosedError(
                f'it calls "{operation.name}" {often[id(operation)]} times, '
                "which is a loop over steps"
            )
        if None in (getattr(operation, "newshape", None) or ()):
            raise ClosedError("its call needs sizes to be known")
        for value in keras.tree.flatten((call.arguments.args, call.arguments.kwargs)):
            if isinstance(value, keras.Variable):
                raise ClosedError("its call uses a weight that no layer holds")


def _rename(frame: Frame, operation: Any) -> None:
    """Names an operation that its call made after what it is, not by a global count."""
    if id(operation) in frame.named:
        return
    frame.named.add(id(operation))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(operation).__name__)
    operation.name = frame.unique(words.lower())


def _outline(calls: list[Any], given: list[Any]) -> tuple[Any, ...]:
    places: dict[int, Any] = {id(one): ("input", k) for k, one in enumerate(given)}
    lines = []
    for k, call in enumerate(calls):
        operation = call.operation
        arguments = (call.arguments.args, call.arguments.kwargs)
        shapes = tuple((tuple(one.shape), one.dtype) for one in call.outputs)
        layer = isinstance(operation, keras.layers.Layer)
        own = operation.name if layer else skeleton(_settings(operation), {})
        lines.append(
            (type(operation).__name__, own, skeleton(arguments, places), shapes)
        )
        places.update((id(one), (k, j)) for j, one in enumerate(call.outputs))
    return tuple(lines)


def _settings(operation: Any) -> dict[str, Any]:
    return {k: v for k, v in vars(operation).items() if k[0] != "_" and k != "name"}


def skeleton(value: Any, places: dict[int, Any]) -> Any:
    """Returns arguments as something to compare and to look up by.

    Args:
        value: The arguments, in any structure.
        places: What stands for a symbol, by its identity.
    """
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k != "training"}
        return tuple((k, skeleton(v, places)) for k, v in sorted(kept.items(), key=str))
    if isinstance(value, list | tuple):
        return tuple(skeleton(one, places) for one in value)
    if _symbolic(value):
        return places.get(id(value), (tuple(value.shape), value.dtype))
    if keras.ops.is_tensor(value) or hasattr(value, "__array__"):
        array = np.asarray(keras.ops.convert_to_numpy(value))
        return array.shape, str(array.dtype), sha256(array.tobytes()).hexdigest()
    if callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    return repr(value)
