"""How the gradient fares with depth: at the stream, and at the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_residual.graph.gradients import gradients
from keras_residual.graph.numbers import numbers
from keras_residual.measures.column import Column, ForwardPass, Totals, quotient
from keras_residual.measures.loss import Losses
from keras_residual.measures.unit_activations import Array


def stream_gradients(forward: ForwardPass) -> Iterator[tuple[int, Array]]:
    """Shows the gradient of each example's loss at the stream that leaves each unit.

    One backward pass for all units: zeros are added to the streams, and the gradient is
    taken for these.

    Args:
        forward: The batch.
    """
    merges = [paths.unit.merge.index for paths in forward.units]
    zeros = {
        k: keras.ops.zeros_like(values[merges[k]]) for k, values in forward.merges()
    }

    def loss(added: list[Any]) -> Any:
        edits = {
            merge: lambda value, _, zero=zero: value + zero
            for merge, zero in zip(merges, added, strict=True)
        }
        return keras.ops.sum(_losses(forward, edits=edits).values)

    found = gradients(loss, [zeros[k] for k in range(len(merges))]) if zeros else []
    for k, gradient in enumerate(found):
        yield k, numbers(gradient).reshape(forward.examples, -1)


@dataclass(frozen=True)
class WeightGradient:
    """The gradients of one unit's weights, and the weights.

    Args:
        gradient: Of the loss, summed over the batch, for all weights in one row.
        weights: The weights, in the same order.
        examples: How many there are in the batch; of masked sequences, how many whole
            ones there would be.
    """

    gradient: Array
    weights: Array
    examples: float


def weight_gradients(forward: ForwardPass) -> Iterator[tuple[int, WeightGradient]]:
    """Shows the gradient of the loss for the trainable weights of each unit's branch.

    Args:
        forward: The batch.
    """
    owned = [_weights(paths.unit) for paths in forward.units]
    variables = list({id(v): v for some in owned for v in some}.values())

    def loss(values: list[Any]) -> Any:
        how = {"weights": list(zip(variables, values, strict=True))}
        losses = _losses(forward, **how)
        return keras.ops.sum(losses.values * losses.shares)

    at = [keras.ops.convert_to_tensor(v.value) for v in variables]
    found = gradients(loss, at) if at else []
    shares = _losses(forward).shares if at else 0.0
    by_variable = {id(v): numbers(g) for v, g in zip(variables, found, strict=True)}
    for k, some in enumerate(owned):
        if some:
            yield (
                k,
                WeightGradient(
                    np.concatenate([by_variable[id(v)].ravel() for v in some]),
                    np.concatenate([numbers(v.value).ravel() for v in some]),
                    float(numbers(shares).sum()),
                ),
            )


def _weights(unit: Any) -> list[Any]:
    layers = {id(op.layer): op.layer for path in unit.branches for op in path}
    return [
        v for layer in layers.values() for v in getattr(layer, "trainable_weights", ())
    ]


def _losses(forward: ForwardPass, **how: Any) -> Losses:
    return forward.losses(forward.runner.outputs(forward.known, **how))


def gradient_sums(gradient: Array) -> Totals:
    """Adds gradient norms, for `gradient = E ‖dL/dy‖`, `y` what leaves the unit.

    `L` is the loss of one example, so the value does not depend on the batch size.
    Healthy profiles are flat; the last unit's over the first's says how much the
    gradient shrinks or grows on its way down.

    Args:
        gradient: A row an example.

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016, equation 5,
        https://arxiv.org/abs/1603.05027.
    """
    norms = np.linalg.norm(gradient, axis=1)
    return np.array([norms.sum(), len(norms)])


def weight_gradient_sums(found: WeightGradient) -> Totals:
    """Adds gradients, for `weight_gradient = ‖dL/dw‖ / ‖w‖`, `L` the mean loss.

    `w` is all trainable weights of the branch, as one vector: times the learning rate
    of plain gradient descent it is how far a step moves them.

    Args:
        found: The gradients and weights of a unit.

    Reference:
        You et al., Large Batch Training of Convolutional Networks, 2017, section 4,
        https://arxiv.org/abs/1708.03888.
    """
    size = np.square(found.weights).sum()
    return np.concatenate([[found.examples, found.examples * size], found.gradient])


def _weight_gradient(totals: Totals) -> float:
    examples, size = totals[0], totals[1] / totals[0]
    return quotient(np.array([np.linalg.norm(totals[2:]) / examples, np.sqrt(size)]))


GRADIENT = Column(
    "gradient",
    "gradient",
    stream_gradients,
    gradient_sums,
    quotient,
    needs_labels=True,
)
WEIGHT_GRADIENT = Column(
    "weight_gradient",
    "gradient\n/ weights",
    weight_gradients,
    weight_gradient_sums,
    _weight_gradient,
    missing="has no trainable weights in its branch",
    needs_labels=True,
)
