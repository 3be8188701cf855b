"""Which operations merge paths, and what they merge; custom layers are asked."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.untouched import untouched


class Merges:
    """Tells the merges of one graph from its other operations.

    A layer of unknown class that reads two or more tensors of the shape that it
    returns is asked what it does: it is called on numbers, and it sums if a change of
    one input changes the output by the same amount whatever the other inputs are.

    Args:
        graph: The graph that the operations lie in.
    """

    def __init__(self, graph: Graph):
        self._graph = graph
        self._asked: dict[tuple[Any, ...], bool] = {}

    def form(self, op: Op) -> str | None:
        """Returns `"add"`, `"concatenate"`, …, or None where nothing is merged."""
        if len(op.sources) < 2 or op.kind == "multiply":
            return None
        if op.kind in MERGES:
            return op.kind
        if op.kind in ("op", "layer") and self._could_sum(op) and self._sums(op):
            return "add"
        return None

    def _could_sum(self, op: Op) -> bool:
        read = [self._graph.ops[i] for i in dict.fromkeys(op.sources)]
        return (
            isinstance(op.layer, keras.layers.Layer)
            and 2 <= len(read) <= 8
            and all(o.shape == op.shape and "float" in o.dtype for o in read)
        )

    def _sums(self, op: Op) -> bool:
        settings = settings_of(op.layer)
        key: tuple[Any, ...] = (type(op.layer), settings, op.shape, len(op.sources))
        if settings is None or getattr(op.layer, "weights", None):
            key = (op.index,)  # cannot be told from its like
        if key not in self._asked:
            self._asked[key] = _is_sum(self._graph, op)
        return self._asked[key]


def settings_of(layer: Any) -> str | None:
    """Returns what tells a layer from others of its class, but for its weights."""
    try:
        config = layer.get_config()
    except Exception:  # foreign code: whatever it raises, it does not tell
        return None
    return repr({k: v for k, v in config.items() if k != "name"})


def _is_sum(graph: Graph, op: Op) -> bool:
    """Compares f(a, b), f(a', b), f(a, b') and f(a', b'), called as one batch."""
    count = len(set(op.sources))
    size = [3 if n is None else n for n in op.shape[1:]]
    old, new = (
        np.resize(np.random.default_rng(seed).random(1009, "float32"), (count, *size))
        for seed in (1, 2)  # 1009 is prime, so no axis repeats in step with it
    )
    for changed in range(count if count > 2 else 1):
        values = [
            np.stack([x, y, x, y] if k == changed else [x, x, y, y])
            for k, (x, y) in enumerate(zip(old, new, strict=True))
        ]
        if not _separates(graph, op, values):
            return False
    return True


def _separates(graph: Graph, op: Op, values: list[np.ndarray]) -> bool:
    numbers = _called(graph, op, values)
    if numbers is None or numbers.shape != values[0].shape:  # or several tensors
        return False
    base, one, rest, both = numbers
    size = np.abs(numbers).max()
    tolerance = 1e-4 * size if op.dtype == "float32" else 3e-2 * size
    depends = all(np.abs(moved - base).max() > tolerance for moved in (one, rest))
    return bool(depends and np.abs(both - one - rest + base).max() <= tolerance)


def weights_of(graph: Graph, op: Op) -> tuple[float, ...]:
    """Returns what a sum multiplies each of its sources by.

    Args:
        graph: The graph.
        op: A sum, of a class that nobody knows.

    Returns:
        A number for each source, to three digits; nothing where a factor is no number.
    """
    sources = list(dict.fromkeys(op.sources))
    size = [3 if n is None else n for n in op.shape[1:]]
    values = [
        np.broadcast_to(one.reshape(-1, *[1] * len(size)), (len(one), *size))
        for one in np.eye(len(sources), len(sources) + 1, dtype="float32")
    ]
    numbers = _called(graph, op, values)
    if numbers is None or numbers.shape != values[0].shape:
        return ()
    factors = (numbers[:-1] - numbers[-1]).reshape(len(sources), -1)
    if np.ptp(factors, axis=1).max() > 1e-3 * np.abs(factors).max():
        return ()
    return tuple(float(f"{factor:.3g}") for factor in factors[:, 0])


def _called(graph: Graph, op: Op, values: list[np.ndarray]) -> np.ndarray | None:
    given = [keras.ops.convert_to_tensor(v, dtype=op.dtype) for v in values]
    try:
        with warnings.catch_warnings(), untouched(op.layer):
            warnings.simplefilter("ignore")  # nobody asked for this call
            answer = keras.ops.cast(graph.call(op, given), "float32")
            return np.asarray(keras.ops.convert_to_numpy(answer))
    except Exception:  # foreign code: whatever it raises, it is no sum
        return None
