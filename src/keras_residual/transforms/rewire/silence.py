"""What has to be zero in a branch so that it returns zeros."""

from __future__ import annotations

from contextlib import suppress
from math import prod
from typing import Any

import keras
import numpy as np

from keras_residual.graph.activations import activation_of
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph
from keras_residual.graph.kinds import fused_activation
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.transforms.preconditions import NotApplicable

Silenced = list[tuple[keras.Operation, list[int]]]
"""Layers, and which of their weights have to be zero."""

_LINEAR = ("conv", "dense")
_SUMS = ("add", "average", "concatenate", "maximum", "minimum", "subtract")
_PRODUCTS = ("Multiply", "Matmul", "Einsum", "Dot")
_FACTORS = {"gamma", "scale"}


def silenced(graph: Graph, unit: Unit) -> Silenced:
    """Returns the weights that have to be zero so that the branches of a unit are.

    They are those of the last linear layer or norm of each branch.

    Args:
        graph: The graph that the unit was found in.
        unit: A residual unit.

    Raises:
        NotApplicable: A branch ends in what is not zero then.
    """
    inside = {op.index for branch in unit.branches for op in branch}
    found: Silenced = []
    for end in unit.ends:
        found += _silenced(graph, end, inside)
    return found


def _silenced(graph: Graph, index: int, inside: set[int]) -> Silenced:
    op = graph.ops[index]
    if index not in inside:
        raise NotApplicable("a branch carries what enters the unit")
    own = _own(op)
    if own:
        return [(op.layer, own)]
    if len(op.sources) > 1 and op.kind in _SUMS:
        found = [_silenced(graph, one, inside) for one in op.sources]
        return [each for one in found for each in one]
    if type(op.layer).__name__ in _PRODUCTS and len(op.sources) > 1:
        return _either(graph, op, inside)
    if len(op.sources) == 1 and _keeps_zeros(graph, op):
        return _silenced(graph, op.sources[0], inside)
    raise NotApplicable(
        f"a branch ends in {op.path} ({type(op.layer).__name__}), which zeros in its "
        "last linear layer do not make zero"
    )


def _either(graph: Graph, op: Op, inside: set[int]) -> Silenced:
    """Silences one factor of a product."""
    *others, last = op.sources
    for one in others:
        with suppress(NotApplicable):
            return _silenced(graph, one, inside)
    return _silenced(graph, last, inside)


def _own(op: Op) -> list[int]:
    """Returns which weights of an operation make it return zeros; none if none do."""
    weights = getattr(op.layer, "weights", [])
    names = [weight.name for weight in weights]
    if op.kind == "attention":
        last = [k for k, one in enumerate(weights) if "attention_output" in one.path]
        return last if {"kernel"} & {names[k] for k in last} else []
    if op.kind == "norm":
        ours = type(op.layer).__module__.startswith("keras.")
        wanted = {*_FACTORS, "beta"} if ours and _FACTORS & {*names} else set()
    elif op.kind in _LINEAR and _zero_at_zero(op.layer):
        kernel = "pointwise_kernel" if "pointwise_kernel" in names else "kernel"
        wanted = {kernel, "bias", "lora_kernel_b"} if kernel in names else set()
    else:
        wanted = set()
    return [k for k, name in enumerate(names) if name in wanted]


def _zero_at_zero(layer: Any) -> bool:
    if not fused_activation(layer):
        return True
    made: Any = activation_of(layer)
    return not numbers(made(keras.ops.zeros((1, 2)))).any()


def _keeps_zeros(graph: Graph, op: Op) -> bool:
    """Says whether an operation makes zeros of zeros; it is asked on some."""
    source = graph.ops[op.sources[0]]
    shape = [1, *(2 if size is None else size for size in source.shape[1:])]
    if prod(shape) > 1e7:
        return False
    try:
        with keras.StatelessScope():
            given = keras.ops.convert_to_tensor(np.zeros(shape, source.dtype))
            made = graph.run(op, {source.index: given})
        return not any(numbers(one).any() for one in keras.tree.flatten(made))
    except Exception:  # foreign code
        return False
