"""How much a model multiplies."""

from __future__ import annotations

from math import prod
from typing import Any

import keras

from keras_residual.graph.functional import inner_graph
from keras_residual.graph.graph import Graph
from keras_residual.graph.kinds import WEIGHTED
from keras_residual.graph.sequence_cost import attention, contraction, recurrence
from keras_residual.graph.sizes import Shape, kernels, product
from keras_residual.graph.windows import is_transposed

_PRODUCTS = frozenset(
    {"Einsum", "Inner", "Kron", "Matmul", "Outer", "Tensordot", "Vdot"}
)
"""Operations without weights that multiply tensors with each other."""


def multiply_adds(model: keras.Model) -> int | None:
    """Counts the multiply-adds of one example, in layers that mix what they read.

    These are convolutions, dense, recurrent and attention layers, and products of
    matrices. It is what papers call multiply-adds, and often FLOPs. Norms, activations,
    gates, sums and poolings are left out, as there.

    Args:
        model: A Functional or built Sequential model; nested models are opened.

    Returns:
        The count; None where `unknown_costs` lists a layer.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model has no graph.

    Examples:
        >>> inputs = keras.Input((8, 8, 3))
        >>> conv = keras.layers.Conv2D(16, 3, padding="same")
        >>> multiply_adds(keras.Model(inputs, conv(inputs)))  # 64 times 3 x 3 x 3 x 16
        27648
    """
    counts = _counts(model).values()
    return None if None in counts else sum(n for n in counts if n is not None)


def unknown_costs(model: keras.Model) -> list[str]:
    """Returns the paths of the layers whose multiply-adds cannot be told.

    A size of theirs is not known, or their class is none that is.

    Args:
        model: As `multiply_adds` takes it.
    """
    return [path for path, count in _counts(model).items() if count is None]


def _counts(model: Any) -> dict[str, int | None]:
    graph = Graph(model)
    return {
        op.path: _count(op.layer, [graph.ops[i].shape for i in op.sources], op.shape)
        for op in graph.ops
        if op.kind in WEIGHTED or type(op.layer).__name__ in _PRODUCTS
    }


def _count(layer: Any, given: list[Shape], made: Shape) -> int | None:
    """Counts one call of a layer on these shapes."""
    if inner_graph(layer) is not None:
        return multiply_adds(layer)
    if isinstance(layer, keras.layers.SpectralNormalization):
        return _count(layer.layer, given, made)
    if isinstance(layer, keras.layers.TimeDistributed):
        once = _count(layer.layer, [(s[0], *s[2:]) for s in given], (None, *made[2:]))
        return None if once is None else product(made[1:2], once)
    for known in (recurrence, _convolution, _lookup, contraction, attention):
        count = known(layer, given, made)
        if count is not NotImplemented:
            return count
    return None


def _convolution(layer: Any, given: list[Shape], made: Shape) -> Any:
    if isinstance(layer, keras.layers.Dense):
        return product(made[1:-1], kernels(layer))
    first = getattr(layer, "data_format", None) == "channels_first"
    if not isinstance(layer, keras.layers.Layer) or not hasattr(layer, "kernel_size"):
        return NotImplemented
    shape = given[0] if is_transposed(layer) else made
    return product(shape[2:] if first else shape[1:-1], kernels(layer))


def _lookup(layer: Any, given: list[Shape], made: Shape) -> Any:
    """Counts nothing for a table, unless it is read the other way round."""
    if not isinstance(layer, keras.layers.Embedding):
        return NotImplemented
    table: Any = layer.embeddings
    looked_up = len(made) == len(given[0]) + 1
    return 0 if looked_up else product(made[1:-1], prod(table.shape))
