"""What a model does before it is accelerated and after, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.compose.layout import need_layout
from keras_residual.graph.made_up import KINDS
from keras_residual.graph.precision import whole_products
from keras_residual.graph.untouched import state_kept
from keras_residual.transforms.accelerate.patch_set import PatchSet
from keras_residual.transforms.comparison import Bar, Difference, compare
from keras_residual.transforms.proof import Proof
from keras_residual.transforms.trials import (
    GIVEN,
    SIZES,
    Arrays,
    Numbers,
    Trial,
    given_trial,
    must_run_here,
    trials_for,
)

_ROUNDING, _ROUNDINGS = 1e-5, 3
_SLACK = {"outputs in training": 10, "gradients": 100, "variables after a call": 10}
"""Training may differ by so many tolerances, or ten times what rounding makes of it.

A deep network in training multiplies rounding: a batch normalisation by the inverse of
a deviation, a rectifier where its input crosses zero. Gradients jump where two values
that a pooling compares are equal. No fixed number fits them all.
"""


class Runs:
    """A model, traced once for each way in which it runs.

    Args:
        patches: What knows the model and its backend, which trace and differentiate.
    """

    def __init__(self, patches: PatchSet) -> None:
        model = self._model = patches.model
        self._weights = model.trainable_variables
        self._answer = patches.inference(partial(_outputs, model, training=False))
        compute = partial(_outputs, model, training=True)
        self._descend = patches.training(compute, self._weights)

    def answer(self, trial: Trial) -> Numbers:
        """Returns the outputs in inference, by name.

        The model is left as it was.

        Args:
            trial: The inputs.
        """
        with state_kept(self._model):
            return trial.answered(lambda arrays: _named(self._answer(arrays)))

    def train(self, arrays: Arrays) -> list[Numbers]:
        """Returns the outputs, the gradients and the statistics of a call in training.

        The model is left as it was.

        Args:
            arrays: The inputs.
        """
        with whole_products(), state_kept(self._model):
            made, slopes = self._descend(arrays)
            state = [v for v in self._model.non_trainable_variables if _float(v)]
            moved = {variable.path: _numbers(variable) for variable in state}
        found = {}
        for weight in reversed(self._weights):
            slope = slopes.pop()  # let go of it: all together are as large as the model
            if slope is not None:
                found[weight.path] = _numbers(slope)
        return [_named(made), found, moved]

    @contextmanager
    def weights_rounded(self, rng: np.random.Generator) -> Iterator[None]:
        """Rounds the weights meanwhile: words and whole numbers cannot be."""
        kept = [np.array(_numbers(one)) for one in self._weights]
        try:
            for weight, value in zip(self._weights, kept, strict=True):
                weight.assign(_rounded(rng, value))
            yield
        finally:
            for weight, value in zip(self._weights, kept, strict=True):
                weight.assign(value)


def _outputs(model: Any, arrays: tuple[np.ndarray, ...], *, training: bool) -> list:
    """Returns the real-valued outputs of a model."""
    given: Any = arrays[0] if len(arrays) == 1 else list(arrays)
    if isinstance(model, keras.Function):
        given = keras.tree.pack_sequence_as(model.input, list(arrays))
    made = keras.tree.flatten(model(given, training=training))
    return [keras.ops.cast(out, "float32") for out in made if _float(out)]


def _named(values: list[Any]) -> Numbers:
    return {f"output {k}": _numbers(value) for k, value in enumerate(values)}


def _float(value: Any) -> bool:
    return "float" in keras.backend.standardize_dtype(value.dtype)


def _numbers(value: Any) -> np.ndarray:
    if _float(value):
        value = keras.ops.cast(value, "float32")
    return np.asarray(keras.ops.convert_to_numpy(value))


@dataclass(frozen=True)
class Samples:
    """What to try a model on.

    Args:
        inference: Batches that it answers.
        training: A batch that it is trained on, unless it only answers.
    """

    inference: list[Trial]
    training: Trial | None


def samples(model: keras.Model, runs: Runs, inputs: Any, *, trains: bool) -> Samples:
    """Returns batches to try a model on.

    Made-up ones are answered one by one, which takes the least memory.

    Args:
        model: The model.
        runs: What runs it.
        inputs: What `given_trial` takes, or None.
        trains: Whether it is to be trained on some, too.

    Raises:
        ResidualError: Nothing is given, and nothing can be made up that the model
            takes; or it cannot be run on this machine.
    """
    graph = isinstance(model, (keras.Function, keras.Sequential))
    must_run_here(model) if graph else need_layout(model, f'Model "{model.name}"')
    if inputs is not None:
        given = given_trial(model, inputs) if graph else _given(model, inputs)
        return Samples([given], given if trains else None)
    why: Any = "it is subclassed, so it does not say what it reads"
    if graph:
        for size in SIZES:
            try:
                made = trials_for(model, size=size)
                runs.answer(made[-1])
            except Exception as error:  # the model's own, about a size
                why = str(error).partition("\n")[0]
            else:
                return _made_up(made, trains=trains)
    raise ResidualError(
        f'Model "{model.name}": no inputs can be made up for it.',
        given=f"{type(model).__name__}; {why}",
        needed="An accelerated model is compared with itself on inputs that it takes.",
        write="accelerate(model, inputs=[np.zeros((2, 32, 32, 3))])",
    )


def _given(model: keras.Model, inputs: Any) -> Trial:
    """Returns what was given for a model that does not say what it reads."""
    arrays = tuple(map(np.asarray, keras.tree.flatten(inputs)))
    if not arrays or len({array.shape[:1] for array in arrays} | {()}) != 2:
        raise ResidualError(
            f'Model "{model.name}": the inputs do not fit.',
            given=", ".join(str(array.shape) for array in arrays) or "nothing",
            needed="It takes an array for each input, with as many samples in each.",
            write="inputs=[array]",
        )
    return Trial((GIVEN,) * len(arrays[0]), arrays)


def _made_up(made: list[Trial], *, trains: bool) -> Samples:
    any_batch = len(made[-1].kinds) < len(made[0].kinds)
    answered = [replace(made[0], apart=True)] if any_batch else made
    if not trains:
        return Samples(answered, None)
    usual = _usual(made[0])
    return Samples([usual, *answered], usual)


def _usual(trial: Trial) -> Trial:
    """Returns a trial of that shape without the edges, which blow up in training.

    Nor are there rows of padding alone: their mean is not a number.
    """
    rng = np.random.default_rng(1)
    count = len(trial.kinds)
    rows = np.resize(np.flatnonzero(np.array(trial.kinds) == KINDS[0]), count)
    arrays = tuple(
        rng.standard_normal(array.shape).astype(array.dtype)
        if array.dtype.kind == "f"
        else array[rows]
        for array in trial.arrays
    )
    return Trial((KINDS[0],) * count, arrays)


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
    whole = any(array.dtype.kind != "f" for array in arrays)
    for _ in range(_ROUNDINGS if rounded else 0):
        with runs.weights_rounded(rng) if whole else nullcontext():
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
