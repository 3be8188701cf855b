"""One operation of a flattened graph."""

from __future__ import annotations

from dataclasses import dataclass, field

import keras


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
