"""How much a model multiplies."""

from __future__ import annotations

from math import prod
from typing import Any

import keras

from keras_residual.read.graph import Graph, Op
from keras_residual.read.kinds import WEIGHTED


def multiply_adds(model: keras.Model) -> int | None:
    """Counts the multiply-adds of convolutions and dense layers for one example.

    It is what papers on networks of convolutions call multiply-adds, and often FLOPs.
    Norms, activations, sums and poolings are left out, as there.

    Args:
        model: A Functional or built Sequential model; nested models are opened.

    Returns:
        The count; None where a size is not known, or where a layer with weights is
        neither a convolution nor dense, nor a table to look up in.

    Raises:
        TypeError: If this is no Keras model.
        ValueError: If the model has no graph.

    Examples:
        >>> inputs = keras.Input((8, 8, 3))
        >>> conv = keras.layers.Conv2D(16, 3, padding="same")
        >>> multiply_adds(keras.Model(inputs, conv(inputs)))  # 64 times 3 x 3 x 3 x 16
        27648
    """
    graph = Graph(model)
    counts = [_count(graph, op) for op in graph.ops if op.kind in WEIGHTED]
    return None if None in counts else sum(n for n in counts if n is not None)


def _count(graph: Graph, op: Op) -> int | None:
    layer: Any = op.layer
    if op.kind == "embedding":
        return 0
    if isinstance(layer, keras.layers.Wrapper):
        return None  # it decides how often what is inside is called
    if op.kind == "conv":
        transposed = "Transpose" in type(layer).__name__
        shape = graph.ops[op.sources[0]].shape if transposed else op.shape
        space = shape[2:] if layer.data_format == "channels_first" else shape[1:-1]
        return _product(space, _kernels(layer))
    if isinstance(layer, keras.layers.EinsumDense):
        return _einsum(layer, graph.ops[op.sources[0]].shape, op.shape)
    if isinstance(layer, keras.layers.Dense):
        return _product(op.shape[1:-1], _kernels(layer))
    return None


def _kernels(layer: Any) -> int:
    """Adds up the sizes of the kernels: each number is used once a position."""
    return sum(prod(w.shape) for w in layer.weights if w.name.endswith("kernel"))


def _einsum(layer: Any, given: tuple, made: tuple) -> int | None:
    """Multiplies the sizes of all letters but the batch's."""
    read, rest = layer.equation.split(",")
    weight, written = rest.split("->")
    sizes: dict[str, int | None] = {}
    for letters, shape in (
        (read, given),
        (weight, layer.kernel.shape),
        (written, made),
    ):
        if "." in letters:
            return None
        sizes.update(zip(letters, shape, strict=True))
    sizes.pop(read[0])
    return _product(tuple(sizes.values()), 1)


def _product(space: tuple[int | None, ...], size: int) -> int | None:
    known = [n for n in space if n is not None]
    return prod(known) * size if len(known) == len(space) else None
