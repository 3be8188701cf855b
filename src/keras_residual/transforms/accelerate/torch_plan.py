"""Runs a Functional model as a list of steps that was made once.

Keras looks at every call anew: dtypes, masks, arguments, names. For the networks that
we care about that takes longer than a small convolution. A plan looks once. Between
kernels it keeps a tensor in PyTorch's order of axes, writes over what nobody reads any
more, and lets it go after its last reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import torch

from keras_residual._keras import (
    calls_in,
    calls_its_graph,
    context_arguments,
    is_keras_own,
    layers_in,
    mask_on,
    output_structure,
    scoped,
    standardized,
)
from keras_residual.transforms.accelerate.patch_set import settings
from keras_residual.transforms.accelerate.torch_kernels import (
    computes,
    to_keras,
    to_native,
)
from keras_residual.transforms.accelerate.torch_operations import (
    CONVOLUTIONS,
    Call,
    Extra,
    Operation,
    extra_of,
    planned,
)

Values = list[Any]
Usual = Callable[[Any], bool]
Pack = Callable[[Any], Any]

_RANKS = (4, 5)  # of what a plan computes
_LISTENERS = ("_forward_hooks", "_forward_pre_hooks")
_LISTENERS += ("_backward_hooks", "_backward_pre_hooks")


@dataclass(slots=True)
class _Step:
    """One thing to do with the values of a call, given whether it trains."""

    run: Callable[[Values, bool | None], None]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    frees: tuple[int, ...] = ()  # nobody reads these slots later


@dataclass(frozen=True)
class _Plan:
    """A Functional model as steps on slots, each of which holds a value."""

    model: Any
    steps: tuple[_Step, ...]
    slots: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    # What is computed without being called, with what was assumed of it.
    direct: tuple[tuple[Any, Any], ...]

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **more: Any
    ) -> Any:
        """Stands in for the model's `call`; with a mask, or more, Keras computes."""
        model = self.model
        flat = keras.tree.flatten(inputs)
        if mask is not None or more or not self._fits(flat):
            return type(model).call(model, inputs, training=training, mask=mask, **more)
        values: Values = [None] * self.slots
        for slot, value in zip(self.inputs, standardized(model, inputs), strict=True):
            values[slot] = value
        for step in self.steps:
            step.run(values, training)
            for slot in step.frees:
                values[slot] = None
        made = [values[slot] for slot in self.outputs]
        packed = keras.tree.pack_sequence_as(output_structure(model), made)
        single = isinstance(packed, (list, tuple)) and len(packed) == 1
        return packed[0] if single else packed

    def _fits(self, inputs: list[Any]) -> bool:
        """Says whether nothing is at work that Keras would look for at each call."""
        return (
            len(inputs) == len(self.inputs)
            and all(map(_plain, inputs))
            and not scoped()
            and all(map(_untouched, self.direct))
        )


def _plain(x: Any) -> bool:
    if isinstance(x, np.ndarray):  # as `predict_on_batch` hands it on
        return x.size > 0 and not torch.compiler.is_compiling() and not _autocasts()
    return computes(x) and mask_on(x) is None and not _autocasts()


def _autocasts() -> bool:
    return any(map(torch.is_autocast_enabled, ("cpu", "cuda")))


def _assumed(operation: Any) -> tuple[Any, ...]:
    """Returns what a plan takes for granted of an operation that it does not call."""
    return vars(operation).get("call"), *settings(operation)


def _untouched(entry: tuple[Any, Any]) -> bool:
    """Says whether a layer still does what it did, with nobody listening."""
    operation, before = entry
    return _assumed(operation) == before and not any(
        map(vars(operation).get, _LISTENERS)
    )


def _free_after_last_reader(steps: list[_Step], kept: set[int]) -> None:
    """Says after which step each slot is let go, unless it holds an output."""
    seen = set(kept)
    for step in reversed(steps):
        last = [s for s in dict.fromkeys((*step.reads, *step.writes)) if s not in seen]
        seen.update(last)
        step.frees = tuple(last)


def plan_for(model: Any, usual: Usual, pack: Pack) -> Callable[..., Any] | None:
    """Returns what stands in for a model's `call`, or nothing where none would gain.

    Args:
        model: Any Keras model or layer.
        usual: Says of an operation whether its kind tells all that it computes.
        pack: Returns what computes with an operation's packed kernel, where one is to.
    """
    if not calls_its_graph(model):
        return None
    nodes = list(calls_in(model))
    if any(map(_masks, layers_in(model))):
        return None
    if not any(type(node.operation) in CONVOLUTIONS for node in nodes):
        return None
    return _Maker(model, nodes, usual, pack).plan().call


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
        self.steps: list[_Step] = []
        self.slots = 0
        self.keras: dict[int, int] = {}
        self.native: dict[int, int] = {}
        self.fresh: set[int] = set()
        self.left: dict[int, tuple[Any, Extra]] = {}
        self.direct: dict[int, tuple[Any, Any]] = {}

    def plan(self) -> _Plan:
        for tensor in self.model.inputs:
            self.keras[id(tensor)] = self._slot()
        inputs = tuple(self.keras[id(tensor)] for tensor in self.model.inputs)
        for node in self.nodes:
            self._add(node)
        outputs = tuple(self._in_keras(tensor) for tensor in self.model.outputs)
        _free_after_last_reader(self.steps, set(outputs))
        direct = tuple(self.direct.values())
        steps = tuple(self.steps)
        return _Plan(self.model, steps, self.slots, inputs, outputs, direct)

    def _slot(self) -> int:
        self.slots += 1
        return self.slots - 1

    def _add(self, node: Any) -> None:
        found = self._planned(node)
        if found is None:
            self._add_call(node)
            return
        operation = node.operation
        self.direct[id(operation)] = operation, _assumed(operation)
        if not self._left_to_reader(node):
            self._add_planned(node, found)

    def _planned(self, node: Any) -> Operation | None:
        tensors = [*node.input_tensors, *node.outputs]
        known = all(t.dtype == "float32" and len(t.shape) in _RANKS for t in tensors)
        known = known and self.usual(node.operation)
        return planned(node, self.channels_last) if known else None

    def _left_to_reader(self, node: Any) -> bool:
        """Keeps in mind what the only reader of a call does for it."""
        out, source = node.outputs[0], node.input_tensors[0]
        if self.readers[id(out)] != 1 or id(out) not in self.reader:
            return False
        if id(source) in self.left:
            return False
        reader = self.reader[id(out)]
        extra = extra_of(node, reader, self.channels_last)
        if extra is None or not self._planned(reader):
            return False
        self.left[id(out)] = source, extra
        return True

    def _add_planned(self, node: Any, found: Operation) -> None:
        tensors, extra = list(node.input_tensors), None
        if id(tensors[0]) in self.left:
            tensors[0], extra = self.left[id(tensors[0])]
        reads = tuple(self._in_native(tensor) for tensor in tensors)
        pairs = zip(reads, tensors, strict=True)
        mine = [slot in self.fresh and self.readers[id(t)] == 1 for slot, t in pairs]
        operation, target = node.operation, self._slot()
        pack = self.pack(operation)
        call, compute = (
            Call(operation, self.channels_last, mine, extra, pack),
            found.run,
        )

        def run(values: Values, training: bool | None) -> None:
            values[target] = compute(call, [values[slot] for slot in reads], training)

        self.steps.append(_Step(run, reads, (target,)))
        self.native[id(node.outputs[0])] = target
        if found.fresh(operation):
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

        self.steps.append(_Step(run, reads, writes))
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

            self.steps.append(_Step(run, (source,), (target,)))
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
