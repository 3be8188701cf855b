"""Which tensors of a model carry a mask, as the graph tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras

from keras_residual._keras import mask_on, put_mask
from keras_residual.compose.layers.held import SetMask
from keras_residual.compose.layers.keep_mask import KeepMask
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.op import Op

if TYPE_CHECKING:
    from keras_residual.graph.graph import Graph


def masked(graph: Graph) -> list[bool]:
    """Says of each operation whether its output carries a mask.

    The layers are asked, as Keras asks them; operations of `keras.ops` carry none.

    Args:
        graph: The graph that is followed.

    Examples:
        >>> from keras_residual.graph.graph import Graph
        >>> x = keras.Input((5,))
        >>> y = keras.layers.Embedding(9, 4, mask_zero=True)(x)
        >>> masked(Graph(keras.Model(x, y + 1)))
        [False, True, False]
    """
    found: list[list[bool]] = []
    for op in graph.ops:
        read = [(graph.ops[i], any(found[i])) for i in op.sources]
        if (number := graph.which_output(op)) is not None:
            found.append(found[op.sources[0]][number : number + 1])
        elif isinstance(op.layer, SetMask):  # what its second input lends, if any
            found.append([len(graph.node_of(op).input_tensors) > 1])
        else:
            found.append(_carries(op, read) if read else [])
    return [any(each) for each in found]


def reads_mask(op: Op) -> bool:
    """Says whether an operation computes something else where its input is masked.

    Args:
        op: An operation of the graph.
    """
    names = getattr(op.layer, "call_signature_parameters", ())
    return any(name.endswith("mask") for name in names)


def lets_masks_pass(op: Op) -> bool:
    """Says whether an operation can return a mask where it reads one.

    Args:
        op: An operation of the graph.
    """
    return bool(getattr(op.layer, "supports_masking", False))


def _carries(op: Op, read: list[tuple[Op, bool]]) -> list[bool]:
    """Says it of each output; of those that are not told of, none has a mask."""
    layer: Any = op.layer
    if isinstance(layer, KeepMask):
        return [True]
    if not lets_masks_pass(op):
        return []
    default = type(layer).compute_mask is keras.layers.Layer.compute_mask
    if default or op.kind == "attention":
        return [read[0][1]]  # that of the query
    if op.kind in MERGES:
        inputs, previous = map(list, zip(*map(_symbols, read), strict=True))
    else:
        inputs, previous = _symbols(read[0])
    try:
        answer = layer.compute_mask(inputs, previous)
    except Exception:  # foreign code: what it does is not known
        return []
    return [mask is not None for mask in keras.tree.flatten(answer)]


def _symbols(read: tuple[Op, bool]) -> tuple[Any, Any]:
    """Makes symbols of a tensor and of its mask, as `compute_mask` takes them."""
    op, has_mask = read
    steps = keras.KerasTensor(op.shape[:2], "bool") if has_mask else None
    return keras.KerasTensor(op.shape, op.dtype), steps


@contextmanager
def masks_kept(given: Any, without: Any = ()) -> Iterator[None]:
    """Puts back what a call takes off the tensors that it reads.

    Args:
        given: Tensors, in any structure.
        without: Those of them that the call shall read without their mask.
    """
    before = [(one, mask_on(one)) for one in keras.tree.flatten(given)]
    for one in keras.tree.flatten(without):
        put_mask(one, None)
    try:
        yield
    finally:
        for one, mask in before:
            if mask is not None:
                put_mask(one, mask)
