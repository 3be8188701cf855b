"""Whether an operation uses the numbers that it reads, or their shape alone."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

from keras_residual._keras import is_keras_own
from keras_residual.compose.layers.held import Spread
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import WEIGHTED, reads_shape_alone
from keras_residual.graph.sums import settings_of
from keras_residual.graph.untouched import untouched


class Reliance:
    """Tells what is computed from a point's numbers from what only has its shape.

    An embedding of positions reads tokens to know how many there are. A custom layer is
    asked: it is called on other numbers, and uses them if its output changes.

    Args:
        graph: The graph that the points lie in.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._asked: dict[tuple[Any, ...], bool] = {}
        self._doubted = any(
            _doubtful(op) or isinstance(op.layer, Spread) for op in graph.ops
        )
        self._constant: dict[int, bool] = {}
        self._streams = _streams(graph)

    def is_stream(self, point: int) -> bool:
        """Says whether a point holds more than token numbers and masks of them.

        Args:
            point: An operation.
        """
        return self._streams[point]

    def relies(self, end: int, start: int) -> bool:
        """Says whether `end` depends on the numbers of `start`.

        Args:
            end: An operation that is computed from `start`.
            start: An operation before it.
        """
        if not self._doubted:
            return True
        found, todo = {end}, [end]
        while todo:
            op = self._graph.ops[todo.pop()]
            if op.index == start:
                return True
            reads = [i for i in _read_by(op) if i >= start and i not in found]
            if reads and self._uses(op):
                found.update(reads)
                todo.extend(reads)
        return False

    def turns(self, operands: list[int]) -> bool:
        """Says whether a sum turns one point by fixed angles, `x * cos + y * sin`.

        A rotary embedding does so: both operands are products with what depends on no
        numbers, and nothing is learned between them and the point.

        Args:
            operands: The operations that are summed.
        """
        factors = [self._factor(self._graph.ops[one]) for one in operands]
        turned = [one for one in factors if one is not None]
        if len(turned) < len(factors):
            return False
        common = self._graph.common(turned)
        return common is not None and not any(
            op.kind in WEIGHTED and not self._fixed(op.index)
            for one in turned
            for op in self._graph.between(common, one)
        )

    def _factor(self, op: Op) -> int | None:
        """Returns what is multiplied by something fixed; None where nothing is."""
        rest = [source for source in op.sources if not self._fixed(source)]
        product = type(op.layer).__name__ == "Multiply"
        return rest[0] if product and len(rest) == 1 < len(op.sources) else None

    def _fixed(self, point: int) -> bool:
        """Says whether a point depends on no numbers but those of weights."""
        if point not in self._constant:
            op = self._graph.ops[point]
            self._constant[point] = op.kind == "weight" or (
                bool(op.sources)
                and (
                    not self._uses(op) or all(self._fixed(one) for one in _read_by(op))
                )
            )
        return self._constant[point]

    def _uses(self, op: Op) -> bool:
        if reads_shape_alone(op.layer):
            return False
        if not _doubtful(op):
            return True
        key = (type(op.layer), settings_of(op.layer) or op.index, op.shape)
        if key not in self._asked:
            self._asked[key] = _changes(self._graph, op)
        return self._asked[key]


def _streams(graph: Graph) -> list[bool]:
    """Says of each point whether it holds more than numbers of tokens and masks."""
    streams: list[bool] = []
    for op in graph.ops:
        before = any(streams[source] for source in _read_by(op))
        real = "float" in op.dtype and not op.sources
        streams.append(op.kind != "weight" and (before or real or op.kind in WEIGHTED))
    for op in reversed(graph.ops):  # pictures in bytes, too, are learned from
        if not streams[op.index] and op.kind != "weight" and "float" in op.dtype:
            users = [graph.ops[user] for user in graph.users[op.index]]
            streams[op.index] = any(
                op.index in user.sources[:1]
                and (user.kind in _LEARNED or (_alone(user) and streams[user.index]))
                for user in users
            )
    return streams


_LEARNED = WEIGHTED - {"embedding", "layer"}


def _alone(op: Op) -> bool:
    """Whether an operation reads one point; a mask is added to what is another's."""
    return len({*op.sources}) == 1 and op.kind not in WEIGHTED


def _read_by(op: Op) -> tuple[int, ...]:
    """Returns what an operation may use the numbers of."""
    return op.sources[:1] if isinstance(op.layer, Spread) else op.sources


def _doubtful(op: Op) -> bool:
    if reads_shape_alone(op.layer):
        return True
    foreign = not is_keras_own(type(op.layer))
    return op.kind in ("op", "layer") and foreign and len({*op.sources}) == 1


def _changes(graph: Graph, op: Op) -> bool:
    """Says whether a layer returns something else for other numbers."""
    read = graph.ops[op.sources[0]]
    size = [3 if n is None else n for n in read.shape[1:]]
    answers = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nobody asked for this call
            for seed in (1, 2):
                numbers = np.random.default_rng(seed).random((2, *size), "float32")
                given = keras.ops.cast(keras.ops.convert_to_tensor(numbers), read.dtype)
                with untouched(op.layer):
                    answer = keras.tree.flatten(graph.call(op, [given]))[0]
                answers.append(keras.ops.convert_to_numpy(answer))
    except Exception:  # foreign code: what it does is not known
        return True
    return not np.array_equal(*answers)
