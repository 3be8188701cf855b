"""Makes the plan of a Functional model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import keras

from keras_residual._keras import (
    calls_in,
    calls_its_graph,
    context_arguments,
    is_keras_own,
    layers_in,
)
from keras_residual.transforms.accelerate.torch_layers import (
    CONVOLUTIONS,
    to_keras,
    to_native,
)
from keras_residual.transforms.accelerate.torch_moves import Extra, Move, Pack, move_of
from keras_residual.transforms.accelerate.torch_pairs import extra_of
from keras_residual.transforms.accelerate.torch_plan import (
    Plan,
    PlannedCall,
    Values,
    assumed,
    free_after_last_reader,
)

Usual = Callable[[Any], bool]

_RANKS = (4, 5)


def plan_for(model: Any, usual: Usual, pack: Pack) -> Plan | None:
    """Returns the plan of a model, or nothing where it would gain nothing.

    Args:
        model: Any Keras model or layer.
        usual: Says of an operation whether its kind tells all that it computes.
        pack: Returns what computes with a layer's packed kernel, where one is to.
    """
    if not calls_its_graph(model):
        return None
    nodes = list(calls_in(model))
    if any(map(_masks, layers_in(model))):
        return None
    if not any(type(node.operation) in CONVOLUTIONS for node in nodes):
        return None
    return _Maker(model, nodes, usual, pack).plan()


def _masks(layer: Any) -> bool:
    """Says whether a layer may make a mask: a plan carries none."""
    if isinstance(layer, (keras.layers.Masking, keras.layers.Embedding)):
        return getattr(layer, "mask_zero", True)
    own = type(layer).compute_mask is not keras.layers.Layer.compute_mask
    return own and not is_keras_own(type(layer))


class _Maker:
    """What is known while the steps of one model are made."""

    def __init__(self, model: Any, nodes: list[Any], usual: Usual, pack: Pack):
        self.model, self.nodes, self.usual, self.pack = model, nodes, usual, pack
        read = [(id(t), node) for node in nodes for t in node.input_tensors]
        self.reader = dict(read)
        self.readers = Counter(key for key, _ in read)
        self.readers.update(id(tensor) for tensor in model.outputs)
        self.channels_last = _channels_last(nodes)
        self.steps: list[PlannedCall] = []
        self.slots = 0
        self.keras: dict[int, int] = {}
        self.native: dict[int, int] = {}
        self.fresh: set[int] = set()
        self.left: dict[int, tuple[Any, Extra]] = {}
        self.direct: dict[int, tuple[Any, Any]] = {}

    def plan(self) -> Plan:
        for tensor in self.model.inputs:
            self.keras[id(tensor)] = self._slot()
        inputs = tuple(self.keras[id(tensor)] for tensor in self.model.inputs)
        for node in self.nodes:
            self._add(node)
        outputs = tuple(self._in_keras(tensor) for tensor in self.model.outputs)
        free_after_last_reader(self.steps, set(outputs))
        direct = tuple(self.direct.values())
        steps = tuple(self.steps)
        return Plan(self.model, steps, self.slots, inputs, outputs, direct)

    def _slot(self) -> int:
        self.slots += 1
        return self.slots - 1

    def _add(self, node: Any) -> None:
        move = self._move(node)
        if move is None:
            self._add_call(node)
            return
        operation = node.operation
        self.direct[id(operation)] = operation, assumed(operation)
        if not self._left_to_reader(node):
            self._add_move(node, move)

    def _move(self, node: Any) -> Move | None:
        tensors = [*node.input_tensors, *node.outputs]
        known = all(t.dtype == "float32" and len(t.shape) in _RANKS for t in tensors)
        known = known and self.usual(node.operation)
        return move_of(node, self.channels_last, self.pack) if known else None

    def _left_to_reader(self, node: Any) -> bool:
        """Keeps in mind what the only reader of a call does for it."""
        out, source = node.outputs[0], node.input_tensors[0]
        if self.readers[id(out)] != 1 or id(out) not in self.reader:
            return False
        if id(source) in self.left:
            return False
        reader = self.reader[id(out)]
        extra = extra_of(node, reader, self.channels_last)
        if extra is None or not self._move(reader):
            return False
        self.left[id(out)] = source, extra
        return True

    def _add_move(self, node: Any, move: Move) -> None:
        tensors, extra = list(node.input_tensors), None
        if id(tensors[0]) in self.left:
            tensors[0], extra = self.left[id(tensors[0])]
        reads = tuple(self._in_native(tensor) for tensor in tensors)
        pairs = zip(reads, tensors, strict=True)
        mine = [slot in self.fresh and self.readers[id(t)] == 1 for slot, t in pairs]
        target, compute = self._slot(), move.make(mine, extra)

        def run(values: Values, training: bool | None) -> None:
            values[target] = compute([values[slot] for slot in reads], training)

        self.steps.append(PlannedCall(run, reads, (target,)))
        self.native[id(node.outputs[0])] = target
        if move.fresh:
            self.fresh.add(target)

    def _add_call(self, node: Any) -> None:
        operation, arguments = node.operation, node.arguments
        tensors = {id(tensor): tensor for tensor in node.input_tensors}
        reads = tuple(self._in_keras(tensor) for tensor in tensors.values())
        writes = tuple(self._slot() for _ in node.outputs)
        names, trains = tuple(tensors), "training" in context_arguments(operation)

        def run(values: Values, training: bool | None) -> None:
            given = {n: values[slot] for n, slot in zip(names, reads, strict=True)}
            args, kwargs = arguments.fill_in(given)
            if trains and training is not None:
                kwargs["training"] = training
            made = keras.tree.flatten(operation(*args, **kwargs))
            for slot, value in zip(writes, made, strict=True):
                values[slot] = value

        self.steps.append(PlannedCall(run, reads, writes))
        for tensor, slot in zip(node.outputs, writes, strict=True):
            self.keras[id(tensor)] = slot

    def _in_native(self, tensor: Any) -> int:
        return self._converted(tensor, self.keras, self.native, to_native)

    def _in_keras(self, tensor: Any) -> int:
        return self._converted(tensor, self.native, self.keras, to_keras)

    def _converted(self, tensor: Any, have: dict, want: dict, view: Any) -> int:
        if id(tensor) not in want:
            source, target = have[id(tensor)], self._slot()
            last = self.channels_last

            def run(values: Values, _: bool | None) -> None:
                values[target] = view(values[source], last)

            self.steps.append(PlannedCall(run, (source,), (target,)))
            want[id(tensor)] = target
            self.fresh.discard(source)
        return want[id(tensor)]


def _channels_last(nodes: list[Any]) -> bool:
    """Says how most convolutions order the axes; the others are called as they are."""
    formats = Counter(
        node.operation.data_format
        for node in nodes
        if type(node.operation) in CONVOLUTIONS
    )
    return not formats or formats.most_common(1)[0][0] == "channels_last"
