"""Reads a Keras model as one flat graph; only here are Keras's internals touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import keras

from keras_residual.build.layers.keep_mask import KeepMask
from keras_residual.read.dominance import ROOT, Dominators
from keras_residual.read.kinds import kind_of


@dataclass(frozen=True, slots=True)
class Op:
    """One call of a layer or operation in a flattened graph.

    Args:
        index: Its place in topological order.
        path: Its name, after the names of the nested models that it lies in:
            `"stage1/block1/add"`. A layer called again counts on: `"add:1"`.
        kind: What it does, in one word.
        layer: The Keras layer or operation.
        sources: The indices of the operations that it reads, in order of its arguments.
        shape: The shape of its (first) output.
        dtype: The dtype of its (first) output.
    """

    index: int
    path: str
    kind: str
    layer: keras.Operation = field(repr=False)
    sources: tuple[int, ...]
    shape: tuple[int | None, ...]
    dtype: str


class Graph:
    """A model as a list of operations in topological order, nested models opened.

    Args:
        model: A built Functional or Sequential model, or a `keras.Function`.

    Raises:
        TypeError: If this is no Keras model.
        ValueError: If the model has no graph: it is subclassed, or not built.

    Examples:
        >>> inputs = keras.Input((4,))
        >>> model = keras.Model(inputs, keras.layers.ReLU(name="relu")(inputs))
        >>> [op.kind for op in Graph(model).ops]
        ['input', 'act']
    """

    def __init__(self, model: keras.Model):
        self.ops: list[Op] = []
        self.users: list[list[int]] = []
        self.outputs: list[int] = []
        self._calls: dict[int, Any] = {}
        self._read(_function(model))
        self._dominators = Dominators(op.sources for op in self.ops)

    def _read(self, function: keras.Function) -> None:
        """Opens nested models with a stack of our own, so any depth can be read."""
        frames = [_Frame(function, "", None)]
        for tensor in function.inputs:
            layer = tensor._keras_history.operation or function
            path = frames[0].unique(tensor.name)
            frames[0].made[id(tensor)] = self._append(layer, path, (), tensor)
        while frames:
            frame = frames[-1]
            node = next(frame.nodes, None)
            if node is None:
                frames.pop()
                if frames:
                    frames[-1].receive(frame)
                else:
                    self.outputs = [frame.made[id(t)] for t in function.outputs]
            elif (inner := _nested(node.operation)) is not None:
                name = frame.unique(node.operation.name)
                frames.append(_Frame(inner, f"{name}/", node))
                frames[-1].hand_over(frame, node)
            else:
                self._add(frame, node)

    def _add(self, frame: _Frame, node: Any) -> None:
        sources = tuple(frame.made[id(tensor)] for tensor in _read_by(node))
        path = frame.unique(node.operation.name)
        whole = self._append(node.operation, path, sources, node.outputs[0])
        self._calls[whole] = node
        if len(node.outputs) == 1:
            frame.made[id(node.outputs[0])] = whole
            return
        for k, tensor in enumerate(node.outputs):
            part = self._append(node.operation, f"{path}[{k}]", (whole,), tensor)
            frame.made[id(tensor)] = part

    def _append(self, layer: Any, path: str, sources: tuple, tensor: Any) -> int:
        index = len(self.ops)
        kind = kind_of(layer, len(sources)) if sources else "input"
        if path.endswith("]"):
            kind = "slice"
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        op = Op(index, path, kind, layer, sources, tuple(tensor.shape), dtype)
        self.ops.append(op)
        self.users.append([])
        for source in sources:
            self.users[source].append(index)
        return index

    @cached_property
    def channels_first(self) -> bool:
        """Whether the channels come first; layers that know say so, else Keras does.

        Paddings are not asked: one in the other format pads channels.
        """
        told = (op.layer for op in self.ops if op.kind in ("conv", "pool"))
        formats = (getattr(layer, "data_format", None) for layer in told)
        known = next((f for f in formats if f), keras.config.image_data_format())
        return known == "channels_first"

    def common(self, points: list[int]) -> int | None:
        """Returns the nearest point that every path to these points passes."""
        point = self._dominators.common(points)
        return None if point == ROOT else point

    def reaches(self, start: int, end: int) -> bool:
        """Says whether `end` is computed from `start`."""
        if start == end:
            return True
        if start > end or not self.users[start]:
            return False
        return start in self._behind(end, stop=start)

    def between(self, start: int | None, end: int) -> tuple[Op, ...]:
        """Returns the operations on the paths after `start` up to `end`, in order."""
        if start is None or start == end:
            return ()
        found, kept = self._behind(end, stop=start), {start}
        for index in sorted(found - {start}):
            if not kept.isdisjoint(self.ops[index].sources):
                kept.add(index)
        return tuple(self.ops[index] for index in sorted(kept - {start}))

    def _behind(self, end: int, stop: int) -> set[int]:
        """Returns all that `end` is computed from, no further back than `stop`."""
        found, todo = {end}, [end]
        while todo:
            for source in self.ops[todo.pop()].sources:
                if source >= stop and source not in found:
                    found.add(source)
                    todo.append(source)
        return found

    def call(self, op: Op, values: list[Any]) -> Any:
        """Calls the layer of `op` as the model does, on these values for its inputs."""
        node = self._calls[op.index]
        read = dict.fromkeys(id(tensor) for tensor in _read_by(node))
        args, kwargs = node.arguments.fill_in(dict(zip(read, values, strict=True)))
        return op.layer(*args, **kwargs)


class _Frame:
    """One opened model: what is left to read, and which operation made which tensor."""

    def __init__(self, function: keras.Function, name: str, node: Any):
        self.function, self.node, self.prefix = function, node, name
        self.made: dict[int, int] = {}
        self.nodes = iter(_in_order(function))
        self._names: Counter[str] = Counter()

    def unique(self, name: str) -> str:
        count = self._names[name]
        self._names[name] += 1
        return f"{self.prefix}{name}" + (f":{count}" if count else "")

    def hand_over(self, outer: _Frame, node: Any) -> None:
        for tensor, given in zip(self.function.inputs, _read_by(node), strict=False):
            self.made[id(tensor)] = outer.made[id(given)]

    def receive(self, inner: _Frame) -> None:
        for tensor, out in zip(inner.function.outputs, inner.node.outputs, strict=True):
            self.made[id(out)] = inner.made[id(tensor)]


def _function(model: Any) -> keras.Function:
    if not isinstance(model, (keras.Model, keras.Function)):
        msg = (
            "Residual connections are read from a Keras model. "
            f"Got {type(model).__name__}: {model!r:.80}. "
            "Load a file first:  keras.saving.load_model(path)"
        )
        raise TypeError(msg)
    function = _nested(model)
    if function is None:
        raise ValueError(_no_graph(model))
    return function


def _no_graph(model: keras.Model) -> str:
    if isinstance(model, keras.Sequential):
        return (
            f'Sequential model "{model.name}" is not built, so it has no graph yet.\n'
            "A graph needs an input shape. Give it one:  model.build((None, 32, 32, 3))"
        )
    return (
        f'Model "{model.name}" has no graph: {type(model).__name__} is a subclass of '
        "keras.Model, whose call() is code that only runs.\n"
        "Residual connections are read from a graph of Keras operations. Where its "
        "layers take Keras tensors, trace one call:\n"
        "  inputs = keras.Input((32, 32, 3))\n"
        "  model = keras.Model(inputs, model.call(inputs))"
    )


def _nested(operation: Any) -> keras.Function | None:
    """Returns the graph of a model that has one."""
    if isinstance(operation, keras.Sequential):
        return getattr(operation, "_functional", None)
    return operation if isinstance(operation, keras.Function) else None


def _read_by(node: Any) -> list[Any]:
    """Returns the tensors that a call reads, without masks, which carry no values."""
    if isinstance(node.operation, KeepMask):
        return node.input_tensors[:1]  # the second input lends its mask only
    if not any(name.endswith("mask") for name in node.arguments.kwargs):
        return node.input_tensors
    kept = {k: v for k, v in node.arguments.kwargs.items() if not k.endswith("mask")}
    flat = keras.tree.flatten((node.arguments.args, kept))
    return [value for value in flat if isinstance(value, keras.KerasTensor)]


def _in_order(function: keras.Function) -> Iterator[Any]:
    """Yields the calls of one model in topological order, without recursion."""
    given = {id(tensor) for tensor in function.inputs}
    done: set[int] = set()
    todo = [(t, False) for t in reversed(function.outputs)]
    while todo:
        tensor, opened = todo.pop()
        if id(tensor) in given or id(node := _maker(tensor)) in done:
            continue
        if opened:
            done.add(id(node))
            yield node
        else:
            todo.append((tensor, True))
            todo.extend((t, False) for t in reversed(_read_by(node)))


def _maker(tensor: Any) -> Any:
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]
