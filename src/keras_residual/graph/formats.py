"""Where the channels of each tensor are: the format belongs to a layer, not a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras

from keras_residual.graph.op import Op

_TOLD = ("conv", "pool", "upsample")  # a padding in the other format pads channels
_ON_THE_LAST_AXIS = ("attention", "dense", "embedding", "recurrent")
_FREE = (*_TOLD, *_ON_THE_LAST_AXIS, "input", "reshape")  # may change the format


def channels_first(ops: Sequence[Op], users: Sequence[list[int]]) -> list[bool]:
    """Says of each operation whether the channels of its output come first.

    Layers that know their format say so, for what they read as well; what moves no axis
    has the format of its neighbours. Where nothing tells, pictures have the format that
    most in the graph have, or Keras's own, and tokens have their channels last.

    Args:
        ops: The operations of a graph, in order.
        users: For each, the operations that read it.
    """
    found = [_told(op) for op in ops]
    for _ in range(2):
        for op in ops:
            if found[op.index] is None and op.kind not in _FREE:
                given = [i for i in op.sources if len(ops[i].shape) == len(op.shape)]
                found[op.index] = _first_known(found[i] for i in given)
        for op in reversed(ops):
            if found[op.index] is None:
                readers = [ops[i] for i in users[op.index]]
                told = (_wanted(reader, op, found) for reader in readers)
                found[op.index] = _first_known(told)
    pictures = [f for op, f in zip(ops, found, strict=True) if len(op.shape) > 3]
    known = [first for first in pictures if first is not None]
    usual = keras.config.image_data_format() == "channels_first"
    usual = sum(known) * 2 > len(known) if known else usual
    return [
        usual and len(op.shape) > 3 if first is None else first
        for op, first in zip(ops, found, strict=True)
    ]


def _told(op: Op) -> bool | None:
    """Says where a layer puts the channels, as far as it tells."""
    rank = len(op.shape)
    if op.kind in _ON_THE_LAST_AXIS or rank < 3:
        return False
    layer: Any = op.layer
    if op.kind in _TOLD and getattr(layer, "data_format", None):
        return layer.data_format == "channels_first"
    axis = getattr(layer, "axis", None) if op.kind == "norm" else None
    axes: Any = axis if isinstance(axis, list | tuple) else [axis]
    if len(axes) > 1 or axes[0] is None or axes[0] % rank not in (1, rank - 1):
        return None
    return axes[0] % rank == 1


def _wanted(reader: Op, op: Op, found: list[bool | None]) -> bool | None:
    """Says where an operation expects the channels of what it reads."""
    if reader.kind in _TOLD and getattr(reader.layer, "data_format", None):
        return reader.layer.data_format == "channels_first"  # type: ignore[attr-defined]
    if reader.kind in _ON_THE_LAST_AXIS:
        return None if reader.kind == "embedding" else False
    if reader.kind == "reshape" or len(reader.shape) != len(op.shape):
        return None
    return found[reader.index]


def _first_known(formats: Iterable[bool | None]) -> bool | None:
    return next((first for first in formats if first is not None), None)
