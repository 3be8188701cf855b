"""How much a unit can stretch a small change of its input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_residual.read.gradients import jacobian
from keras_residual.read.measures.column import Column, Totals, quotient
from keras_residual.read.measures.passage import Passage
from keras_residual.read.measures.scene import Array
from keras_residual.read.numbers import numbers

STEPS, TOLERANCE = 50, 1e-3  # of power iteration at most; growth that ends it


def gains(passage: Passage) -> Iterator[tuple[int, Array]]:
    """Shows the largest singular value of each unit's Jacobian, for every example.

    From the stream that enters the unit to the one that leaves its merge; what the unit
    reads beside is held fixed.

    Args:
        passage: The batch.
    """
    for k, values in passage.merges():
        unit = passage.scenes[k].unit
        entry, merge = unit.entry.index, unit.merge.index
        beside = {i: values[i] for i in passage.scenes[k].outside}

        def stretch(x: Any, *, known: Any = beside, a: int = entry, b: int = merge):
            ((_, found),) = (
                (i, v[i]) for i, v in passage.runner.run({**known, a: x}, {b})
            )
            return found

        yield k, largest_singular_values(stretch, values[entry])


def largest_singular_values(function: Callable[[Any], Any], at: Any) -> Array:
    """Returns the largest singular value of a Jacobian, for every example of a batch.

    Power iteration on `J'J` by forward and backward products, all examples side by
    side; it ends when their mean grows by less than a thousandth in a step, so it is a
    close bound from below.

    Args:
        function: Takes a batch and returns one; examples do not mix.
        at: The batch at which the Jacobian is taken.
    """
    forward, backward = jacobian(function, at)
    dtype = keras.backend.standardize_dtype(at.dtype)
    start = np.random.default_rng(0).standard_normal(at.shape)
    v, sizes = _unit(start)
    found = np.zeros_like(sizes)
    for _ in range(STEPS):
        image = forward(keras.ops.convert_to_tensor(v, dtype=dtype))
        before, found = found, _norms(numbers(image))
        if found.mean() <= before.mean() * (1 + TOLERANCE):
            break
        v, sizes = _unit(numbers(backward(image)))
    return found


def _norms(values: Array) -> Array:
    return np.linalg.norm(values.reshape(len(values), -1), axis=1)


def _unit(values: Array) -> tuple[Array, Array]:
    """Divides each example by its norm; zeros stay."""
    sizes = _norms(values)
    shape = (-1, *[1] * (values.ndim - 1))
    return values / np.where(sizes > 0, sizes, 1.0).reshape(shape), sizes


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
