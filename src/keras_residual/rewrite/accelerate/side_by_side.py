"""What a model does, in inference and in training, to compare before with after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np

from keras_residual.rewrite.accelerate.switch import Switch
from keras_residual.rewrite.proof import (
    Comparison,
    Proof,
    compare,
)
from keras_residual.rewrite.trials import SIZES, Trial, trials_for

Numbers = dict[str, np.ndarray]
Training = tuple[Numbers, Numbers, Numbers]

_GIVEN = "given"
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
        inference: Its outputs in inference, by name, for each trial.
        training: Its outputs, gradients and statistics after one call in training.
    """

    inference: tuple[Numbers, ...]
    training: Training


def samples(switch: Switch, inputs: Sequence[Any] | None) -> list[Trial]:
    """Returns batches to try a model on.

    Args:
        switch: What knows the model.
        inputs: Arrays that were given for it, in the order of its inputs.

    Raises:
        ValueError: Nothing is given, and nothing can be made up that the model takes.
    """
    if inputs is not None:
        arrays = tuple(np.asarray(array) for array in inputs)
        return [Trial((_GIVEN,) * len(arrays[0]), arrays)]
    model = switch.model
    why: Any = "it is subclassed, so it does not say what it reads"
    if isinstance(model, (keras.Function, keras.Sequential)):
        for size in SIZES:
            try:
                made = trials_for(model, size=size)
                _inferred(switch, made[-1])
            except Exception as error:  # the model's own, about a size
                why = str(error).partition("\n")[0]
            else:
                return [_usual(made[0]), *made]
    raise ValueError(
        f'Model "{model.name}": no inputs can be made up for it.\n'
        f"  given  {type(model).__name__}; {why}\n"
        "An accelerated model is compared with itself on inputs that it takes.\n"
        "Give it some:  accelerate(model, inputs=[np.zeros((2, 32, 32, 3))])"
    )


def _usual(trial: Trial) -> Trial:
    """Returns a trial of that shape without the edges, which blow up in training."""
    rng = np.random.default_rng(1)
    arrays = tuple(
        rng.standard_normal(array.shape).astype(array.dtype) if _real(array) else array
        for array in trial.arrays
    )
    return Trial(("normal",) * len(trial.kinds), arrays)


def roundings(switch: Switch, trials: list[Trial]) -> list[Training]:
    """Runs a model in training as if its inputs were rounded, each time otherwise.

    Args:
        switch: What knows the model, its use and its backend's gradients.
        trials: What `samples` returned; the first is the one that is trained on.
    """
    if switch.use == "inference":
        return []
    rng = np.random.default_rng(2)
    found = []
    for _ in range(_ROUNDINGS):
        arrays = tuple(
            (array * (1 + _ROUNDING * rng.choice((-1, 1), array.shape))).astype(
                array.dtype
            )
            if _real(array)
            else array
            for array in trials[0].arrays
        )
        found.append(_trained(switch, arrays))
    return found


def behaviour(switch: Switch, trials: list[Trial]) -> Behaviour:
    """Runs a model in inference on every trial, and in training on the first.

    Args:
        switch: What knows the model, its use and its backend's gradients.
        trials: What to run it on.
    """
    inference = tuple(_named(_inferred(switch, trial)) for trial in trials)
    if switch.use == "inference":
        return Behaviour(inference, ({}, {}, {}))
    return Behaviour(inference, _trained(switch, trials[0].arrays))


def _inferred(switch: Switch, trial: Trial) -> list[Any]:
    compute = partial(_outputs, switch.model, training=False)
    return switch.infer(compute, trial.arrays)


def compared(
    trials: list[Trial],
    before: Behaviour,
    after: Behaviour,
    rounding: Sequence[Training],
    *,
    tolerance: float,
) -> Proof:
    """Compares what a model did with what it did before.

    Args:
        trials: What it was run on.
        before: What it did as Keras computes it.
        after: What it did as it is computed now.
        rounding: What it did in training as Keras computes it, on rounded inputs.
        tolerance: What the outputs in inference may differ by, in proportion to them.
    """
    found: list[Comparison] = []
    runs = zip(trials, before.inference, after.inference, strict=True)
    for trial, old, new in runs:
        found += compare(trial, old, new, tolerance=tolerance)
    nearby = zip(*rounding, strict=True)
    kinds = zip(_SLACK, before.training, after.training, nearby, strict=False)
    for name, old, new, near in kinds:
        if old:
            found.append(_worst(name, old, new, near, tolerance=tolerance))
    return Proof(tuple(found))


def _worst(
    name: str, old: Numbers, new: Numbers, near: Sequence[Numbers], *, tolerance: float
) -> Comparison:
    """Compares many tensors, and returns the one that is furthest apart."""
    floor = 1e-3 * max(map(_largest, old.values()))
    found = []
    for key, value in old.items():
        scale = max(_largest(value), floor)
        moved = max(_largest(one[key] - value) for one in near)
        rounding = moved / scale if scale else 0.0
        allowed = max(_SLACK[name] * tolerance, 10 * rounding)
        apart = _largest(new[key] - value) if key in new else np.inf
        found.append(Comparison(name, f"normal, {key}", apart, scale, allowed))
    failed = [one for one in found if not one.holds]  # NaN among them
    return failed[0] if failed else max(found, key=lambda c: c.relative / c.tolerance)


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0))


def _real(array: np.ndarray) -> bool:
    return array.dtype.kind == "f"


def _outputs(model: Any, arrays: tuple[np.ndarray, ...], *, training: bool) -> list:
    """Returns the real-valued outputs of a model."""
    given: Any = arrays[0] if len(arrays) == 1 else list(arrays)
    if isinstance(model, keras.Function):
        given = keras.tree.pack_sequence_as(model.input, list(arrays))
    made = keras.tree.flatten(model(given, training=training))
    return [keras.ops.cast(out, "float32") for out in made if _float(out)]


def _named(values: list[Any]) -> Numbers:
    return {f"output {k}": _numbers(value) for k, value in enumerate(values)}


def _trained(switch: Switch, arrays: tuple[np.ndarray, ...]) -> Training:
    model = switch.model
    weights = model.trainable_variables
    with _state_kept(model):
        compute = partial(_outputs, model, training=True)
        made, slopes = switch.train(compute, arrays, weights)
        state = {v.path: v for v in model.non_trainable_variables if _float(v)}
        moved = {path: _numbers(variable) for path, variable in state.items()}
    pairs = zip(weights, slopes, strict=True)
    found = {w.path: _numbers(slope) for w, slope in pairs if slope is not None}
    return _named(made), found, moved


@contextmanager
def _state_kept(model: keras.Model) -> Iterator[None]:
    """Puts every variable back: statistics, and the states of random numbers."""
    kept = [(v, keras.ops.convert_to_numpy(v)) for v in model.variables]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)


def _float(value: Any) -> bool:
    return "float" in keras.backend.standardize_dtype(value.dtype)


def _numbers(value: Any) -> np.ndarray:
    if _float(value):
        value = keras.ops.cast(value, "float32")
    return np.array(keras.ops.convert_to_numpy(value))
