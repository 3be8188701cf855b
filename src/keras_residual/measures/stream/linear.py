"""Which way from a stream is linear once its norms divide by what they divided by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras_residual.graph.agreement import HALF
from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.graph.running import Edit, Runner, Values
from keras_residual.graph.untouched import untouched

ops: Any = keras.ops
Map = Callable[[list[Any]], Any]
_FAR = 100.0  # times what a layer is given: there a norm's epsilon is nothing
_WIDE = 10.0  # times what it is given: there a soft cap bends
_CLOSE = 1e-4


class Bent(Exception):  # noqa: N818  an answer: the operation that is not linear
    """Says which operation is not linear.

    Args:
        op: The operation.
    """

    def __init__(self, op: Op) -> None:
        super().__init__(op.path)
        self.op = op


class Way:
    """The operations between two points, with the norms among them.

    Each operation is asked once, on made-up numbers, whether it is linear. One that is
    not, and does not mind the size of what it reads, is a norm, whose divisor can be
    held: so other libraries' norms are known, too.

    Args:
        runner: Runs the graph.
        way: The operations, in order.
        start: The operation that the way starts from.
        bare: Layers that stand for those of operations.
        known: Values at the start and beside the way, of one example.

    Raises:
        Bent: An operation is not linear, and no norm.
    """

    def __init__(
        self,
        runner: Runner,
        way: Iterable[Op],
        start: int,
        bare: Mapping[int, Any],
        known: Values,
    ) -> None:
        self._runner, self._moving = runner, {start}
        self._bare: dict[int, Edit] = {
            index: _called(runner.graph, replace(runner.graph.ops[index], layer=layer))
            for index, layer in bare.items()
        }
        self._layers = dict(bare)
        self._centred: dict[int, bool] = {}  # of each norm
        indices = {op.index for op in way}
        for index, values in runner.run(known, indices, edits=self._bare):
            if index != start:
                self._look(runner.graph.ops[index], values)

    def _look(self, op: Op, values: Values) -> None:
        reads = [s for s in dict.fromkeys(op.sources) if s in self._moving]
        if not reads:
            return
        self._moving.add(op.index)
        if self._runner.graph.node_of(op) is None:
            return  # a part of what was asked already
        call, given = self._call(op, reads, values), [values[s] for s in reads]
        with untouched(op.layer):
            if is_linear(call, given):
                return
            centred = _centred(call, given[0]) if len(reads) == 1 else None
            if centred is None or not is_linear(
                _held(call, given[0], op.layer, centred), given
            ):
                raise Bent(op)
        self._centred[op.index] = centred

    def _call(self, op: Op, reads: list[int], values: Values) -> Map:
        graph = self._runner.graph
        op = replace(op, layer=self._layers.get(op.index, op.layer))
        alive = {index: values[index] for index in graph.reads(op)}
        return lambda given: graph.run(
            op, {**alive, **dict(zip(reads, given, strict=True))}
        )

    def held(self, known: Values) -> dict[int, Edit]:
        """Returns what makes a run linear: norms that divide as they did in another.

        Args:
            known: Values at the start and beside the way, of the other run.
        """
        edits = dict(self._bare)
        for index, values in self._runner.run(
            known, {*self._centred}, edits=self._bare
        ):
            op = self._runner.graph.ops[index]
            (read,) = [s for s in dict.fromkeys(op.sources) if s in self._moving]
            call = self._call(op, [read], values)
            map_ = _held(call, values[read], op.layer, self._centred[index])
            edits[index] = lambda _, values, map_=map_, read=read: map_([values[read]])
        return edits


def _called(graph: Graph, op: Op) -> Edit:
    return lambda _, values: graph.run(op, values)


def is_linear(call: Map, given: list[Any]) -> bool:
    """Says whether `f(a + b) + f(0) = f(a) + f(b)` for made-up numbers, and `b = -a`.

    Args:
        call: Takes a list of tensors and returns one, or a structure of them.
        given: Tensors of the shape that it takes; of what size it is made up.
    """
    random = np.random.default_rng(0)
    if any("float" not in keras.backend.standardize_dtype(x.dtype) for x in given):
        return False

    def made() -> list[Any]:
        return [
            ops.convert_to_tensor(
                random.normal(size=tuple(x.shape)) * (_WIDE * numbers(x).std() + 1e-6),
                dtype=x.dtype,
            )
            for x in given
        ]

    def answer(given: list[Any]) -> Any:
        flat = keras.tree.flatten(call(given))
        return np.concatenate([numbers(one).ravel() for one in flat])

    a, b = made(), made()
    both = [x + y for x, y in zip(a, b, strict=True)]
    opposite, nothing = [-x for x in a], [ops.zeros_like(x) for x in given]
    constant, one = answer(nothing), answer(a)
    # A rectifier is linear where all signs are alike, and never from one side to the
    # other.
    pairs = (
        (answer(both) + constant, one + answer(b)),
        (answer(opposite) + one, 2 * constant),
    )
    size = np.abs(one).max(initial=0) + np.abs(constant).max(initial=0)
    far = max(np.abs(left - right).max(initial=0) for left, right in pairs)
    return bool(far <= _close(given) * max(size, np.abs(pairs[0]).max(initial=0)))


def _close(given: list[Any]) -> float:
    """Returns how far apart sums may be, as a share of the largest number."""
    half = any("16" in keras.backend.standardize_dtype(x.dtype) for x in given)
    return HALF if half else _CLOSE


def _centred(call: Map, x: Any) -> bool | None:
    """Says whether a norm takes the mean off; None where this is no norm."""
    big = x * (_FAR / max(float(numbers(x).std()), 1e-6))
    if not _alike(call([3 * big]), call([big])):
        return None
    return _alike(call([big + _FAR]), call([big]))


def _held(call: Map, x: Any, layer: Any, centred: bool) -> Map:
    """Returns a norm with its divisor held at what it is for `x`.

    With `f(x) = Γ P x / σ(x) + β`, what is returned is `Γ P c / σ(x) + β` for any c: it
    is `(f(c) - f(0)) σ(c) / σ(x) + f(0)`.
    """
    mean_of = _mean_of(layer)
    least = getattr(layer, "epsilon", getattr(layer, "eps", 1e-6))
    least = getattr(layer, "variance_epsilon", least)

    def divisor(values: Any) -> Any:
        wide = ops.cast(values, "float32")
        around = wide - mean_of(wide) if centred else wide
        return ops.sqrt(mean_of(ops.square(around)) + least)

    constant, there = call([ops.zeros_like(x)]), divisor(x)

    def held(given: list[Any]) -> Any:
        (c,) = given
        made = call([c])
        scale = ops.cast(divisor(c) / there, made.dtype)
        return (made - constant) * scale + constant

    return held


def _mean_of(layer: Any) -> Callable[[Any], Any]:
    """Returns the mean over what a norm norms together, to be spread over it."""
    axis = getattr(layer, "axis", -1)
    axis = tuple(axis) if isinstance(axis, list | tuple) else axis
    groups = getattr(layer, "groups", None)

    def of_groups(values: Any) -> Any:
        last = ops.moveaxis(values, axis, -1)
        apart = ops.reshape(last, (last.shape[0], -1, groups, last.shape[-1] // groups))
        mean = ops.mean(apart, axis=(1, 3), keepdims=True)
        spread = ops.reshape(ops.broadcast_to(mean, apart.shape), last.shape)
        return ops.moveaxis(spread, -1, axis)

    if isinstance(groups, int) and isinstance(axis, int):
        return of_groups
    return lambda values: ops.mean(values, axis=axis, keepdims=True)


def _alike(a: Any, b: Any) -> bool:
    a, b = numbers(a), numbers(b)
    return bool(np.abs(a - b).max(initial=0) <= HALF * np.abs(b).max(initial=0))
