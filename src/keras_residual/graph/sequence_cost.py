"""Multiply-adds of layers that let positions see each other."""

from __future__ import annotations

from math import prod
from typing import Any

import keras

from keras_residual.graph.sizes import Shape, kernels, product

_CELLS = frozenset({"ConvLSTMCell", "GRUCell", "LSTMCell", "SimpleRNNCell"})


def recurrence(layer: Any, given: list[Shape], made: Shape) -> Any:
    """Counts each kernel of the cells once a step, and once a position of pictures.

    Args:
        layer: The layer.
        given: The shapes that it reads.
        made: The shape that it returns.

    Returns:
        The count, None where it is not known, or `NotImplemented` for another layer.
    """
    if isinstance(layer, keras.layers.Bidirectional):
        both = (layer.forward_layer, layer.backward_layer)
        counts = [recurrence(one, given, made) for one in both]
        return None if None in counts else sum(counts)
    if not isinstance(layer, keras.layers.RNN):
        return NotImplemented
    cells = getattr(layer.cell, "cells", [layer.cell])
    if any(type(cell).__name__ not in _CELLS for cell in cells):
        return None
    space = given[0][1:2]
    if rank := getattr(layer.cell, "rank", 0):
        first = layer.cell.data_format == "channels_first"
        space += made[-rank:] if first else made[-rank - 1 : -1]
    return product(space, sum(map(kernels, cells)))


def attention(layer: Any, given: list[Shape], made: Shape) -> Any:
    """Counts projections, scores and weighted sums.

    Args:
        layer: The layer.
        given: The shapes that it reads.
        made: The shape that it returns.

    Returns:
        The count, None where it is not known, or `NotImplemented` for another layer.
    """
    if isinstance(layer, (keras.layers.Attention, keras.layers.AdditiveAttention)):
        seen = product((*made[1:-1], *given[1][1:-1]))
        counts = [product((seen, width)) for width in (given[0][-1], made[-1])]
        return None if None in counts else sum(n for n in counts if n is not None)
    if type(layer).__name__ in ("DotProductAttention", "HeadAttention"):
        return product((*made[1:], given[1][1], 2))
    if isinstance(layer, keras.layers.MultiHeadAttention):
        sizes = layer.num_heads, layer.key_dim + layer.value_dim
    elif isinstance(layer, keras.layers.GroupQueryAttention):
        sizes = layer.num_query_heads, 2 * layer.head_dim
    else:
        return NotImplemented
    if len(made) != 3:  # some axes may not take part
        return None
    # Keys and values have one length, and what is returned has that of the queries.
    others = {shape[1] for shape in given} - {made[1]}
    queries, keys = made[1], others.pop() if others else made[1]
    seen = product((queries, keys), prod(sizes))
    inwards, outwards = _projections(layer)
    counts = [seen, product((keys,), inwards), product((queries,), outwards)]
    return None if None in counts else sum(n for n in counts if n is not None)


def _projections(layer: Any) -> tuple[int, int]:
    """Returns the kernels of keys and values, and all the others."""
    found = [0, 0]
    for weight in layer.weights:
        *_, owner, name = weight.path.split("/")
        if name == "kernel":
            found[owner not in ("key", "value")] += prod(weight.shape)
    return found[0], found[1]


def contraction(layer: Any, given: list[Shape], made: Shape) -> Any:
    """Counts a product for each output, and for each place that it sums over.

    Args:
        layer: The layer or operation.
        given: The shapes that it reads.
        made: The shape that it returns.

    Returns:
        The count, None where it is not known, or `NotImplemented` for another layer.
    """
    name, two = type(layer).__name__, len(given) == 2
    if isinstance(layer, keras.layers.EinsumDense):
        kernel: Any = layer.kernel
        return _einsum(layer.equation, [*given, tuple(kernel.shape)], made)
    if isinstance(layer, keras.layers.Dot):
        axis = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
        return product((*made[1:], given[0][axis]))
    if name == "Einsum":
        return _einsum(layer.subscripts, given, made) if two else None
    if name == "Basis":  # fixed functions of time
        return product((*made[1:], given[0][-1]))
    if name == "Matmul":
        return product((*made[1:], given[0][-1])) if two else None
    return NotImplemented


def _einsum(equation: str, given: list[Shape], made: Shape) -> int | None:
    read, arrow, written = equation.replace(" ", "").partition("->")
    operands, sizes = read.split(","), dict[str, int | None]()
    if not arrow or len(operands) != len(given):
        return None
    for letters, shape in zip(operands, given, strict=True):
        if "." not in letters:
            sizes.update(zip(letters, shape, strict=True))
    summed = set("".join(operands)) - set(written) - {"."}
    return product((*made[1:], *(sizes.get(letter) for letter in summed)))
