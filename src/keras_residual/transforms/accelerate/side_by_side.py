"""What a model does, in inference and in training, to compare before with after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_residual.transforms.accelerate.runs import Runs
from keras_residual.transforms.accelerate.samples import Samples
from keras_residual.transforms.comparison import Bar, Difference, compare
from keras_residual.transforms.proof import Proof
from keras_residual.transforms.trials import Numbers

_ROUNDING, _ROUNDINGS = 1e-5, 3
_SLACK = {"outputs in training": 10, "gradients": 100, "variables after a call": 10}
"""Training may differ by so many tolerances, or ten times what rounding makes of it.

A deep network in training multiplies rounding: a batch normalisation by the inverse of
a deviation, a rectifier where its input crosses zero. Gradients jump where two values
that a pooling compares are equal. No fixed number fits them all.
"""


@dataclass(frozen=True)
class Behaviour:
    """What a model made of some inputs.

    Args:
        inference: Its outputs in inference, by name, for each batch.
        training: Its outputs, gradients and statistics after one call in training.
        rounding: How far each of them moves where the inputs are rounded.
    """

    inference: list[Numbers]
    training: list[Numbers]
    rounding: list[dict[str, float]]


def behaviour(runs: Runs, tried: Samples, *, rounded: bool = False) -> Behaviour:
    """Runs a model in inference, and in training if that is its use.

    Args:
        runs: What runs it.
        tried: What to run it on.
        rounded: Whether to train it on rounded inputs, too.
    """
    inference = [runs.answer(trial) for trial in tried.inference]
    if tried.training is None:
        return Behaviour(inference, [], [])
    arrays = tried.training.arrays
    training = runs.train(arrays)
    moved = [dict.fromkeys(numbers, 0.0) for numbers in training]
    rng = np.random.default_rng(2)
    for _ in range(_ROUNDINGS if rounded else 0):
        near = runs.train(tuple(_rounded(rng, array) for array in arrays))
        for most, old, new in zip(moved, training, near, strict=True):
            for key, value in old.items():
                most[key] = max(most[key], _largest(new[key] - value))
    return Behaviour(inference, training, moved)


def _rounded(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    signs = rng.choice((-1, 1), array.shape)
    return (array * (1 + _ROUNDING * signs)).astype(array.dtype)


def compared(
    tried: Samples, before: Behaviour, after: Behaviour, *, tolerance: float
) -> Proof:
    """Compares what a model did with what it did before.

    Args:
        tried: What it was run on.
        before: What it did as Keras computes it, on rounded inputs, too.
        after: What it did as it is computed now.
        tolerance: What the outputs in inference may differ by, in proportion to them.
    """
    found: list[Difference] = []
    runs = zip(tried.inference, before.inference, after.inference, strict=True)
    for trial, old, new in runs:
        found += compare(trial, old, new, Bar(tolerance))
    kinds = zip(before.training, after.training, before.rounding, strict=True)
    for name, (old, new, moved) in zip(_SLACK, kinds, strict=False):
        if old:
            found.append(_worst(name, old, new, moved, tolerance=tolerance))
    return Proof(tuple(found))


def _worst(
    name: str, old: Numbers, new: Numbers, moved: dict[str, float], *, tolerance: float
) -> Difference:
    """Compares many tensors, and returns the one that is furthest apart."""
    floor = 1e-3 * max(map(_largest, old.values()))
    found = []
    for key, value in old.items():
        scale = max(_largest(value), floor)
        rounding = moved[key] / scale if scale else 0.0
        allowed = max(_SLACK[name] * tolerance, 10 * rounding)
        apart = _largest(new[key] - value) if key in new else np.inf
        found.append(Difference(name, f"normal, {key}", apart, scale, allowed))
    failed = [one for one in found if not one.holds]  # NaN among them
    return failed[0] if failed else max(found, key=lambda c: c.relative / c.tolerance)


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0))
