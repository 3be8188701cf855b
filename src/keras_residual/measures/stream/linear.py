"""Which way from a stream is linear once its norms divide by what they divided by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.graph.running import Edit, Runner, Values
from keras_residual.graph.untouched import untouched

ops: Any = keras.ops
Map = Callable[[list[Any]], Any]
_FAR = 100.0  # times what a layer is given: there a norm's epsilon is nothing
_CLOSE = 1e-3


class Bent(Exception):  # noqa: N818  an answer: the operation that is not linear
    """Says which operation is not linear.

    Args:
        op: The operation.
    """

    def __init__(self, op: Op) -> None:
        super().__init__(op.path)
        self.op = op


def frozen(
    runner: Runner,
    way: Iterable[Op],
    start: int,
    known: Values,
    bare: Mapping[int, Any],
) -> dict[int, Edit]:
    """Returns what holds the norms on a way at the statistics of a run.

    Each operation is asked whether it is linear, on made-up numbers; of one that is
    not, and does not mind the size of what it reads, the divisor is held. Other layers'
    norms are known by that, and not by their names.

    Args:
        runner: Runs the graph.
        way: The operations, in order.
        start: The operation that the way starts from.
        known: The values of the run at the start, and beside the way.
        bare: Layers that stand for those of operations.

    Raises:
        Bent: An operation is not linear, and no norm.
    """
    graph, moving = runner.graph, {start}
    edits: dict[int, Edit] = {
        index: _called(graph, replace(graph.ops[index], layer=layer))
        for index, layer in bare.items()
    }
    indices = [op.index for op in way]
    for index, values in runner.run(known, set(indices), edits=dict(edits)):
        op = graph.ops[index]
        reads = [s for s in dict.fromkeys(op.sources) if s in moving]
        if not reads or index == start:
            continue
        moving.add(index)
        if graph.node_of(op) is None:
            continue  # a part of what was asked already
        layer = bare.get(index, op.layer)
        alive = {i: values[i] for i in graph.reads(op)}
        call = _as_map(graph, replace(op, layer=layer), reads, alive)
        given = [values[s] for s in reads]
        with untouched(layer):
            if is_linear(call, given):
                continue
            held = _held(call, given, layer) if len(reads) == 1 else None
            if held is None or not is_linear(held, given):
                raise Bent(op)
        edits[index] = lambda _, values, held=held, s=reads[0]: held([values[s]])
    return edits


def _called(graph: Graph, op: Op) -> Edit:
    return lambda _, values: graph.run(op, values)


def _as_map(graph: Graph, op: Op, reads: list[int], values: Values) -> Map:
    def call(given: list[Any]) -> Any:
        return graph.run(op, {**values, **dict(zip(reads, given, strict=True))})

    return call


def is_linear(call: Map, given: list[Any]) -> bool:
    """Says whether `f(a + b) + f(0) = f(a) + f(b)` on made-up numbers.

    Args:
        call: Takes a list of tensors and returns one, or a structure of them.
        given: Tensors of the shape and, about, the size that it takes.
    """
    random = np.random.default_rng(0)
    if any("float" not in keras.backend.standardize_dtype(x.dtype) for x in given):
        return False

    def made() -> list[Any]:
        return [
            ops.convert_to_tensor(
                random.normal(size=tuple(x.shape)) * (numbers(x).std() + 1e-6),
                dtype=x.dtype,
            )
            for x in given
        ]

    def answer(given: list[Any]) -> Any:
        flat = keras.tree.flatten(call(given))
        return np.concatenate([numbers(one).ravel() for one in flat])

    a, b = made(), made()
    both = [x + y for x, y in zip(a, b, strict=True)]
    nothing = [ops.zeros_like(x) for x in given]
    sums = [answer(both), answer(nothing)], [answer(a), answer(b)]
    size = max(np.abs(each).max(initial=0) for side in sums for each in side)
    return bool(np.abs(sum(sums[0]) - sum(sums[1])).max(initial=0) <= _CLOSE * size)


def _held(call: Map, given: list[Any], layer: Any) -> Map | None:
    """Returns a norm with its divisor held; None where this is no norm.

    With `f(x) = Γ P x / σ(x) + β`, what is returned is `Γ P c / σ(x) + β` for any c: it
    is `(f(c) - f(0)) σ(c) / σ(x) + f(0)`.
    """
    (x,) = given
    big = x * (_FAR / max(float(numbers(x).std()), 1e-6))
    if not _alike(call([3 * big]), call([big])):
        return None
    axis = getattr(layer, "axis", -1)
    axis = tuple(axis) if isinstance(axis, list | tuple) else axis
    centred = _alike(call([big + _FAR]), call([big]))
    least = getattr(layer, "epsilon", getattr(layer, "eps", 1e-6))
    least = getattr(layer, "variance_epsilon", least)

    def divisor(values: Any) -> Any:
        wide = ops.cast(values, "float32")
        around = wide - ops.mean(wide, axis=axis, keepdims=True) if centred else wide
        mean = ops.mean(ops.square(around), axis=axis, keepdims=True)
        return ops.sqrt(mean + least)

    constant, there = call([ops.zeros_like(x)]), divisor(x)

    def held(given: list[Any]) -> Any:
        (c,) = given
        made = call([c])
        scale = ops.cast(divisor(c) / there, made.dtype)
        return (made - constant) * scale + constant

    return held


def _alike(a: Any, b: Any) -> bool:
    a, b = numbers(a), numbers(b)
    return bool(np.abs(a - b).max(initial=0) <= _CLOSE * np.abs(b).max(initial=0))
