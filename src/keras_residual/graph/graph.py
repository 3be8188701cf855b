"""Reads a Keras model as one flat graph; only here are Keras's internals touched."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import keras

from keras_residual._keras import (
    input_structure,
    operation_of,
    output_structure,
)
from keras_residual.graph.dominance import ROOT, Dominators
from keras_residual.graph.formats import channels_first
from keras_residual.graph.functional import (
    function_of,
    in_order,
    inner_graph,
    read_by,
    takes_training,
)
from keras_residual.graph.handing import call_of, handed_over
from keras_residual.graph.hearing import Hearing
from keras_residual.graph.kinds import kind_with_weights
from keras_residual.graph.op import Op, number_in
from keras_residual.graph.opened import OpenedModel


class Graph:
    """A model as a list of operations in topological order, nested models opened.

    Args:
        model: A built Functional or Sequential model, or a `keras.Function`.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model has no graph: it is subclassed, or not built.

    Examples:
        >>> inputs = keras.Input((4,))
        >>> model = keras.Model(inputs, keras.layers.ReLU(name="relu")(inputs))
        >>> [op.kind for op in Graph(model).ops]
        ['input', 'act']
    """

    def __init__(self, model: keras.Model):
        self.ops: list[Op] = []
        self.users: list[list[int]] = []
        self.inputs: tuple[int, ...] = ()
        self.outputs: list[int] = []
        self.recursion: dict[str, int] = {}  # of Keras, to rebuild each model
        self._calls: dict[int, tuple[Any, tuple[int, ...]]] = {}
        self._lent: dict[int, dict[int, tuple[tuple[int, ...], Any]]] = {}
        self._function = function_of(model)
        self._read(self._function)
        self._dominators = Dominators(op.sources for op in self.ops)

    def _read(self, function: keras.Function) -> None:
        """Opens nested models with a stack of our own, so any depth can be read."""
        frames = [OpenedModel(function, "", None)]
        for tensor in function.inputs:
            layer = operation_of(tensor) or function
            path = frames[0].unique(tensor.name)
            frames[0].made[id(tensor)] = self._append(layer, path, (), tensor)
        self.inputs = tuple(frames[0].made.values())
        while frames:
            frame = frames[-1]
            node, depth = next(frame.nodes, (None, 0))
            model = frame.prefix.rstrip("/")
            self.recursion[model] = max(self.recursion.get(model, 0), depth)
            if node is None:
                frames.pop()
                if frames:
                    frames[-1].receive(frame)
                else:
                    self.outputs = [frame.made[id(t)] for t in function.outputs]
            elif (inner := inner_graph(node.operation)) is not None:
                name = frame.unique(node.operation.name)
                frames.append(OpenedModel(inner, f"{name}/", node))
                self._hand_over(frames[-1], frame)
            else:
                self._add(frame, node)

    def _hand_over(self, frame: OpenedModel, outer: OpenedModel) -> None:
        """Gives a nested model its inputs, and what it does to them where it does."""
        for wanted, given, mask in handed_over(frame.function, frame.node):
            made, node = outer.made[id(given)], call_of(wanted, given, mask)
            if node is None:
                frame.made[id(wanted)] = made
                continue
            (tensor,) = node.outputs
            path = frame.unique(wanted.name)
            index = self._append(node.operation, path, (made,), tensor, kind="identity")
            self._calls[index] = node, (id(node.input_tensors[0]),)
            frame.made[id(wanted)] = index
            if isinstance(mask, keras.KerasTensor):
                _, symbol = node.input_tensors
                self._lent[index] = {id(symbol): outer.lend(mask)}

    def _add(self, frame: OpenedModel, node: Any) -> None:
        read = read_by(node)
        sources = tuple(frame.made[id(tensor)] for tensor in read)
        path = frame.unique(node.operation.name)
        whole = self._append(
            node.operation, path, sources, node.outputs[0], number=number_in(node)
        )
        self._calls[whole] = node, tuple(map(id, read))
        masks = {id(t): t for t in node.input_tensors}
        for tensor in read:
            masks.pop(id(tensor), None)
        if masks:
            self._lent[whole] = {t: frame.lend(mask) for t, mask in masks.items()}
        if len(node.outputs) == 1:
            frame.made[id(node.outputs[0])] = whole
            return
        for k, tensor in enumerate(node.outputs):
            name = f"{path}[{k}]"
            part = self._append(node.operation, name, (whole,), tensor, kind="slice")
            frame.made[id(tensor)] = part

    def _append(
        self,
        layer: Any,
        path: str,
        sources: tuple,
        tensor: Any,
        *,
        kind: str = "",
        **of: Any,
    ) -> int:
        index, read = len(self.ops), [self.ops[source].kind for source in sources]
        kind = kind or (kind_with_weights(layer, read) if sources else "input")
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        op = Op(index, path, kind, layer, sources, tuple(tensor.shape), dtype, **of)
        self.ops.append(op)
        self.users.append([])
        for source in sources:
            self.users[source].append(index)
        return index

    def node_of(self, op: Op) -> Any:
        """Returns the node of Keras's graph that an operation is; an input is none.

        In a model that is called twice, two operations are one node.

        Args:
            op: An operation of this graph.
        """
        return self._calls.get(op.index, (None,))[0]

    def which_output(self, op: Op) -> int | None:
        """Returns which output of a call an operation stands for; None if it is a call.

        Args:
            op: An operation of this graph.
        """
        if not op.sources or op.index in self._calls:
            return None
        (call,) = op.sources
        return op.index - call - 1

    @property
    def structure(self) -> Any:
        """The structure in which the model takes its inputs."""
        return input_structure(self._function)

    def in_order(self, given: Any) -> list[Any]:
        """Returns what is given for each of `inputs`, as the model's own call reads it.

        Args:
            given: Values in the structure that the model takes, or a dict of names.
        """
        return in_order(self._function, given)

    def packed(self, outputs: list[Any]) -> Any:
        """Returns values of `outputs` in the structure that the model returns.

        Args:
            outputs: A value for each, in order.
        """
        structure = output_structure(self._function)
        if len(outputs) == 1 and not isinstance(structure, dict):
            return outputs[0]
        return keras.tree.pack_sequence_as(structure, outputs)

    def channels_first(self, op: Op) -> bool:
        """Says whether the channels of what `op` returns come first.

        Args:
            op: An operation of this graph.
        """
        return self._formats[op.index]

    @cached_property
    def _formats(self) -> list[bool]:
        return channels_first(self.ops, self.users)

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

    def call(self, op: Op, values: list[Any], **more: Any) -> Any:
        """Calls the layer of `op` as the model does, on these values for its inputs."""
        args, kwargs = self._arguments(op, values)
        return op.layer(*args, **(kwargs | more))

    def shape(self, op: Op, given: list[keras.KerasTensor]) -> tuple[int | None, ...]:
        """Returns the shape that `op` would have if its inputs were these."""
        args, kwargs = self._arguments(op, given)
        answer = op.layer.compute_output_spec(*args, **kwargs)
        return tuple(keras.tree.flatten(answer)[0].shape)

    def _arguments(self, op: Op, values: list[Any]) -> tuple[Any, dict[str, Any]]:
        node, read = self._calls[op.index]
        read = dict.fromkeys(read)
        return node.arguments.fill_in(dict(zip(read, values, strict=True)))

    def reads(self, op: Op) -> tuple[int, ...]:
        """Returns the operations whose values `run` needs: the sources and masks."""
        lent = self._lent.get(op.index, {}).values()
        return tuple(dict.fromkeys((*op.sources, *(i for m in lent for i in m[0]))))

    def run(self, op: Op, values: Mapping[int, Any]) -> Any:
        """Computes `op` in inference from the values of all that it reads.

        Unlike `call` it hands over the model's own masks; the values keep theirs.
        """
        if (number := self.which_output(op)) is not None:
            return keras.tree.flatten(values[op.sources[0]])[number]
        node, read = self._calls[op.index]
        given = dict(zip(read, op.sources, strict=True))
        filled = {tensor: values[index] for tensor, index in given.items()}
        for tensor, (sources, compute) in self._lent.get(op.index, {}).items():
            lent = [values[index] for index in sources]
            filled[tensor] = compute(lent)
        args, kwargs = node.arguments.fill_in(filled)
        if takes_training(type(op.layer)):
            kwargs["training"] = False
        with self.hearing.as_heard(op, values):
            return op.layer(*args, **kwargs)

    @cached_property
    def hearing(self) -> Hearing:
        """What each operation hears of the masks in one run."""
        return Hearing(self)
