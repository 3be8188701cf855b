"""One operation of a flattened graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

_ARITHMETIC = frozenset({"Add", "Multiply", "Subtract", "Divide", "TrueDivide"})


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
        number: The number that it adds, multiplies by, subtracts or divides by.
    """

    index: int
    path: str
    kind: str
    layer: keras.Operation = field(repr=False)
    sources: tuple[int, ...]
    shape: tuple[int | None, ...]
    dtype: str
    number: float | None = None


def number_in(node: Any) -> float | None:
    """Returns the number that stands beside the tensor in a sum, product and the like.

    Args:
        node: A call in Keras's graph.
    """
    name = type(node.operation).__name__
    values = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    if name not in _ARITHMETIC or len(values) != 2:
        return None
    if name in ("Add", "Multiply"):  # a number may stand on either side of these
        values.sort(key=lambda value: not isinstance(value, keras.KerasTensor))
    tensor, number = values
    beside = isinstance(number, keras.KerasTensor | keras.Variable)
    if beside or not isinstance(tensor, keras.KerasTensor):
        return None
    array = np.asarray(keras.ops.convert_to_numpy(number))
    return float(array.item()) if array.size == 1 else None
