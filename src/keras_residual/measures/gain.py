"""How much a unit can stretch a small change of its input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_residual.graph.gradients import jacobian
from keras_residual.graph.handing import masked_as
from keras_residual.graph.numbers import numbers
from keras_residual.measures.column import Column, ForwardPass, Totals, quotient
from keras_residual.measures.padding import Counts, counts_of, where, zeroed
from keras_residual.measures.unit_activations import Array

LEAST, MOST = 8, 50  # steps: so many bring up a direction that is one of millions
TOLERANCE = 1e-3  # of the largest eigenvalue: the residual that ends it


def gains(forward: ForwardPass) -> Iterator[tuple[int, Array]]:
    """Shows the largest singular value of each unit's Jacobian, for every example.

    From the stream that enters the unit to the one that leaves its merge; what the unit
    reads beside is held fixed, and so is padding.

    Args:
        forward: The batch.
    """
    for k, values in forward.merges():
        unit = forward.units[k].unit
        at, counts = values[unit.entry.index], counts_of(values[unit.merge.index])
        stretch = _stretch(forward, k, values, counts)
        yield k, largest_singular_values(stretch, at, counts)


def _stretch(
    forward: ForwardPass, k: int, values: Mapping[int, Any], counts: Counts
) -> Callable[[Any], Any]:
    """Returns what a unit makes of the stream that enters it."""
    unit = forward.units[k].unit
    beside = {index: values[index] for index in forward.units[k].outside}
    at = values[unit.entry.index]

    def stretch(x: Any) -> Any:
        known = {**beside, unit.entry.index: masked_as(at, where(counts, x, at))}
        ((_, found),) = (
            (i, v[i]) for i, v in forward.runner.run(known, {unit.merge.index})
        )
        return where(counts, found, keras.ops.zeros_like(found))

    return stretch


def largest_singular_values(
    function: Callable[[Any], Any], at: Any, counts: Counts = None
) -> Array:
    """Returns the largest singular value of a Jacobian, for every example of a batch.

    Lanczos on `J'J` by forward and backward products, all examples side by side and
    each until it is found: until the residual of its largest Ritz value is small, and
    not before a direction that the start hardly has would have come up. It is a close
    bound from below. Each example starts from the same vector, so the value is its own.

    Reference:
        Golub & Kahan, Calculating the Singular Values and Pseudo-Inverse of a Matrix,
        1965, section 4.

    Args:
        function: Takes a batch and returns one; examples do not mix.
        at: The batch at which the Jacobian is taken.
        counts: Which positions of it count.
    """
    forward, backward = jacobian(function, at)
    dtype = keras.backend.standardize_dtype(at.dtype)
    start = np.random.default_rng(0).standard_normal(at.shape[1:])
    v, _ = _unit(zeroed(np.repeat(start[None], at.shape[0], axis=0), counts))
    before, off = np.zeros_like(v), np.zeros(len(v))
    found, done = np.zeros(len(v)), np.zeros(len(v), bool)
    table = np.zeros((len(v), 0, 0))
    for step in range(1, MOST + 1):
        image = forward(keras.ops.convert_to_tensor(v, dtype=dtype))
        on = np.square(_norms(numbers(image)))
        pulled = numbers(backward(image)) - _times(on, v) - _times(off, before)
        table, (before, (v, off)) = _grown(table, on, off), (v, _unit(pulled))
        values, vectors = np.linalg.eigh(table)
        found = np.where(done, found, values[:, -1])
        done |= off * np.abs(vectors[:, -1, -1]) <= TOLERANCE * found
        if step >= LEAST and done.all():
            break
        done &= step >= LEAST
    return np.sqrt(np.maximum(found, 0.0))


def _grown(table: Array, on: Array, off: Array) -> Array:
    """Adds a row and a column to each tridiagonal matrix of Lanczos."""
    table = np.pad(table, ((0, 0), (0, 1), (0, 1)))
    table[:, -1, -1] = on
    if table.shape[1] > 1:
        table[:, -1, -2] = table[:, -2, -1] = off
    return table


def _norms(values: Array) -> Array:
    return np.linalg.norm(values.reshape(len(values), -1), axis=1)


def _times(factors: Array, values: Array) -> Array:
    return factors.reshape(-1, *[1] * (values.ndim - 1)) * values


def _unit(values: Array) -> tuple[Array, Array]:
    """Divides each example by its norm; zeros stay."""
    sizes = _norms(values)
    return _times(1 / np.where(sizes > 0, sizes, 1.0), values), sizes


def gain_sums(found: Array) -> Totals:
    """Adds gains, for `gain = E s_max(dy/dx)`, the mean over examples.

    1 is the identity's. Above 1 the unit can stretch some direction; the product over
    the units bounds what the network can.

    Args:
        found: The largest singular value for every example.

    Reference:
        Behrmann et al., Invertible Residual Networks, 2019, section 3.1,
        https://arxiv.org/abs/1811.00995.
    """
    return np.array([found.sum(), len(found)])


GAIN = Column("gain", "gain", gains, gain_sums, quotient)
