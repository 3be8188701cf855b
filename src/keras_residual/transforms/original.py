"""The model that a rewrite has to be equal to, and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import first_sentence
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.made_up import cropped
from keras_residual.transforms.comparison import (
    Bar,
    Difference,
    Rounding,
    compare,
    paired,
    parts_of,
    rounding_of,
)
from keras_residual.transforms.trials import (
    SIZES,
    Numbers,
    Trial,
    described,
    given_trial,
    trials_for,
)
from keras_residual.transforms.witness import ADDED, WEIGHED, Answer, Witness

TOLERANCES = {"float16": 2e-2, "bfloat16": 1e-1}
"""Largest difference in proportion to the output, where a dtype is coarser."""

_LONG = (1024, 4096, 16384)  # for a model that takes none of the usual sizes
_NUDGE = 20  # rounding is taken for a 20th of the tolerance
_SAMPLES = 6  # every other of which tells how far rounding moves
_PRIME = 65537


class Original:
    """A model that is answered once, to compare any number of others with.

    Args:
        model: The model to be equal to, or an `Analysis` of it.
        inputs: What `given_trial` takes; by default inputs are made up.

    Raises:
        ResidualError: The model takes none of the made-up inputs, or makes nothing
            finite of them.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> found = Original(model).compared(model, tolerance=1e-5)
        >>> max(one.relative for one in found)
        0.0
    """

    def __init__(self, model: keras.Model | Analysis, inputs: Any = None) -> None:
        self.witness = Witness(model)
        self.model = model = self.witness.model
        if inputs is None:
            self.tried = _taken(self.witness)
        else:
            trial = given_trial(model, inputs)
            self.tried = [(trial, _answered(self.witness, trial))]
        self._roundings: dict[int, dict[str, Rounding]] = {}
        _need_numbers(model, self.tried)

    def compared(
        self,
        new: keras.Model | Analysis,
        *,
        tolerance: float,
        merges: Collection[str] = (),
        losses: Collection[str] = (ADDED, WEIGHED),
    ) -> list[Difference]:
        """Compares what another model answers, and what is seen inside.

        Args:
            new: The other model.
            tolerance: What a difference may be in proportion to the scale.
            merges: The merges that both have under one path.
            losses: Which losses both should have.
        """
        witness, found = Witness(new), []
        for k, (trial, before) in enumerate(self.tried):
            after = witness.answer(trial)
            found += self.outputs(k, after.outputs, tolerance=tolerance)
            inside = paired(before.inside, after.inside, merges, losses)
            found += compare(trial, *inside, self._bar(k, tolerance))
        return found

    def outputs(self, k: int, new: Numbers, *, tolerance: float) -> list[Difference]:
        """Compares outputs that something else made of the same batch.

        Args:
            k: Which of the batches that were tried.
            new: The outputs, in order.
            tolerance: What a difference may be in proportion to the scale.
        """
        trial, before = self.tried[k]
        return compare(trial, before.outputs, new, self._bar(k, tolerance))

    def _bar(self, k: int, tolerance: float) -> Bar:
        return Bar(tolerance, self.witness.axis, partial(self._rounding, k))

    def _rounding(self, k: int, name: str) -> Rounding | None:
        """Returns what rounding does; a few samples tell it for all.

        Every weight and input is nudged by a few units in the last place.
        """
        shapes = [one.shape[1:] for one in self.tried[k][0].arrays]
        alike = [
            n
            for n, (trial, _) in enumerate(self.tried)
            if [one.shape[1:] for one in trial.arrays] == shapes
        ]
        k = alike[0]
        if k not in self._roundings:
            trial, before = self.tried[k]
            rows = _rows(self.model, trial)
            usual = tolerance_for(self.model)
            signs = np.random.default_rng(0).normal(0, usual / _NUDGE, _PRIME)
            signs = signs.astype("float32")
            weights = list(_weights(self.model, signs))
            near = self.witness.answer(_nudged(trial, rows, signs), weights)
            axis = self.witness.axis
            self._roundings[k] = {
                name: rounding_of(
                    old[rows],
                    new,
                    parts_of(self._made(name, old.shape[1:], alike), axis),
                    axis,
                    usual,
                )
                for (name, old), new in _both(before, near)
                if old.ndim > 1 and len(old) == len(trial.kinds)
            }
        return self._roundings[k].get(name)

    def _made(self, name: str, shape: tuple, batches: list[int]) -> list[np.ndarray]:
        answers = [self.tried[n][1] for n in batches]
        made = [(one.outputs | one.inside).get(name) for one in answers]
        return [one for one in made if one is not None and one.shape[1:] == shape]


def _rows(model: keras.Model, trial: Trial) -> list[int]:
    if model.inputs[0].shape[0] is not None:
        return list(range(len(trial.kinds)))
    return list(range(len(trial.kinds)))[:_SAMPLES:2]


def _both(old: Answer, new: Answer) -> Iterator[tuple[tuple[str, Any], Any]]:
    made = new.outputs | new.inside
    for name, value in (old.outputs | old.inside).items():
        if name in made:
            yield (name, value), made[name]


def tolerance_for(model: keras.Model) -> float:
    """Returns the tolerance that fits the coarsest dtype a model computes in.

    Args:
        model: The model.
    """
    layers = [model, *_all_layers(model)]
    found = {getattr(layer, "compute_dtype", "float32") for layer in layers}
    return max((TOLERANCES.get(dtype, 1e-5) for dtype in found), default=1e-5)


def _all_layers(model: keras.Model) -> Iterable[keras.layers.Layer]:
    todo = list(model.layers)
    while todo:
        layer = todo.pop()
        yield layer
        todo.extend(getattr(layer, "layers", ()))


def made_up_runs(model: keras.Model) -> list[tuple[Trial, Numbers]]:
    """Returns made-up inputs that a model takes, and what it makes of them.

    Args:
        model: The model. An axis of unknown size is given one or two sizes.

    Raises:
        ResidualError: It takes none of them.
    """
    return [(trial, made.outputs) for trial, made in _taken(Witness(model))]


def _answered(witness: Witness, trial: Trial) -> Answer:
    """Returns what a model makes of the batch that was given for it."""
    try:
        return witness.answer(trial)
    except ResidualError:
        raise
    except Exception as error:  # the model's own, about values that it cannot take
        raise ResidualError(
            f'Model "{witness.model.name}": it does not run on the inputs given.',
            given=described(trial.arrays),
            needed=f"It said: {first_sentence(error)}",
            write="inputs=x, for which model.predict(x) works",
            option="--inputs FILE.npz, of values that the model takes",
        ) from error


def _taken(witness: Witness) -> list[tuple[Trial, Answer]]:
    model, found, refused = witness.model, [], None
    sizes = _sizes(witness.analysis)
    for size in sizes:
        try:
            made = trials_for(witness.analysis, size=size)
            answered = [(trial, witness.answer(trial)) for trial in made]
        except Exception as error:  # the model's own, about a size that it cannot take
            refused = error
            continue
        if all(array.size for _, one in answered for array in one.outputs.values()):
            found.append(answered)
        if len(found) == 2:
            break
    if not found:
        raise ResidualError(
            f'Model "{model.name}": it takes none of the inputs that were made up.',
            given=f"{[tuple(tensor.shape) for tensor in model.inputs]}, unknown sizes "
            f"of {', '.join(map(str, sizes))}",
            needed=f"It said: {first_sentence(refused or 'nothing comes out.')}",
            write="inputs=[np.zeros(shape)]",
            option="--inputs FILE.npz",
        ) from refused
    return [pair for pairs in found for pair in pairs]


def _sizes(analysis: Analysis) -> tuple[int, ...]:
    inputs = analysis.model.inputs
    if not any(None in tensor.shape[1:] for tensor in inputs):
        return SIZES[:1]
    crops = cropped(analysis.graph)
    if crops:
        return tuple(crops + size for size in SIZES)
    lines = all(len(tensor.shape) < 4 for tensor in inputs)
    return SIZES + _LONG if lines else SIZES


def _need_numbers(model: keras.Model, tried: list[tuple[Trial, Answer]]) -> None:
    """Refuses to compare NaN with NaN only, which would prove anything."""
    made = [array for _, one in tried for array in one.outputs.values()]
    if not any(np.isfinite(array).any() for array in made):
        raise ResidualError(
            f'Model "{model.name}": what it returns is not finite on any input tried.',
            given=", ".join(dict.fromkeys(trial.shapes for trial, _ in tried)),
            needed="A rewrite is proved by finite numbers.",
            write="inputs=[array]",
            option="--inputs FILE.npz",
        )


def _nudged(trial: Trial, rows: list[int], signs: np.ndarray) -> Trial:
    arrays = tuple(
        (
            one[rows] * (1 + np.resize(signs, one[rows].shape) * _measured(one[rows]))
        ).astype(one.dtype)
        if one.dtype.kind == "f"
        else one[rows]
        for one in trial.arrays
    )
    return Trial(tuple(trial.kinds[row] for row in rows), arrays, trial.apart)


def _measured(values: np.ndarray) -> np.ndarray:
    """Says which numbers occur once; others stand for something, as padding does."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return (times == 1)[place].reshape(values.shape)


def _weights(model: keras.Model, signs: np.ndarray) -> Iterator[tuple[Any, Any]]:
    for variable in model.variables:
        signs = np.roll(signs, _PRIME // 3)  # no two variables in step
        if "float" in keras.backend.standardize_dtype(variable.dtype):
            value: Any = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))
            yield variable, value * (1 + np.resize(signs, value.shape))
