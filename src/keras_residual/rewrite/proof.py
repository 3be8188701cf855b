"""Runs an old and a new model side by side, and refuses one that computes otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from rich.table import Table

from keras_residual.read.gradients import without_gradients
from keras_residual.read.numbers import numbers
from keras_residual.rewrite.printing import Printed, first_sentence
from keras_residual.rewrite.trials import SIZES, Arrays, Numbers, Trial, trials_for

TOLERANCES = {"float16": 2e-2, "bfloat16": 1e-1}
"""Largest difference in proportion to the output, where a dtype is coarser."""


_ROUNDING = 1e-3  # more does not come of single precision


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far one output of the new model is from the old one's, on one sample.

    Args:
        output: Name of the output, or of whatever else was compared.
        inputs: The kind of input, and its shape.
        difference: Largest difference of two numbers.
        scale: Largest number of the old output.
        tolerance: What the difference may be in proportion to the scale.
    """

    output: str
    inputs: str
    difference: float
    scale: float
    tolerance: float

    @property
    def relative(self) -> float:
        """The difference in proportion to the scale."""
        if self.difference == 0:
            return 0.0
        return self.difference / self.scale if self.scale else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.relative <= self.tolerance  # false for NaN, too


@dataclass(frozen=True, repr=False)
class Proof(Printed):
    """What was compared, and how far it was apart.

    Args:
        comparisons: One for each output and each input that was tried.

    Examples:
        >>> Proof((Comparison("out", "zeros (1, 4)", 1e-7, 2.0, 1e-5),)).largest
        5e-08
    """

    comparisons: tuple[Comparison, ...]

    @property
    def largest(self) -> float:
        """The largest difference, in proportion to its scale."""
        return max((c.relative for c in self.comparisons), default=0.0)

    def __rich__(self) -> Table:
        table = Table("output", "inputs", "largest difference", "scale", box=None)
        for name in dict.fromkeys(c.output for c in self.comparisons):
            worst = max(
                (c for c in self.comparisons if c.output == name),
                key=lambda c: c.relative,
            )
            share = f"{worst.relative:.1e} of scale"
            table.add_row(name, worst.inputs, share, f"{worst.scale:.3g}")
        return table


def prove(
    old: keras.Model,
    new: keras.Model,
    *,
    tolerance: float | None = None,
    inputs: Sequence[Any] | None = None,
) -> Proof:
    """Compares two models in inference, and refuses where they are not the same.

    They run on normal, uniform, negative, large and zero inputs, as a batch and as a
    single sample. An axis of unknown size is tried odd and even.

    Args:
        old: The model to be equal to.
        new: The model to be tried.
        tolerance: The largest difference in proportion to the largest number of the
            old output; by default 1e-5, and more where half precision computes.
        inputs: Arrays in the order of `old.inputs`; by default they are made up.

    Returns:
        What was compared.

    Raises:
        ValueError: They differ, or the old model takes none of the made-up inputs, or
            makes nothing finite of them.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> prove(model, model).largest
        0.0
    """
    if tolerance is None:
        tolerance = tolerance_for(old)
    if inputs is None:
        tried = taken(old)
    else:
        arrays = tuple(np.asarray(array) for array in inputs)
        trial = Trial(("given",) * len(arrays[0]), arrays)
        tried = [(trial, answers(old, trial))]
    _need_numbers(old, tried)
    comparisons: list[Comparison] = []
    for trial, before in tried:
        after = answers(new, trial)
        comparisons += compare(trial, before, after, tolerance=tolerance)
    return require(Proof(tuple(comparisons)), name=old.name)


def require(
    proof: Proof,
    *,
    name: str,
    who: str = "the rewritten model",
    promise: str = "A rewrite keeps the function",
    kept: str = "the old model is unchanged",
    instead: str = "make fewer changes, to find the one that does",
) -> Proof:
    """Returns a proof that holds.

    Args:
        proof: What was compared.
        name: Name of the model, for the message.
        who: What computed the new outputs.
        promise: What it should do.
        kept: How things are after the refusal.
        instead: What to do where it is no rounding.

    Raises:
        ValueError: Something differs by more than its tolerance.
    """
    for found in proof.comparisons:
        if not found.holds:
            raise ValueError(
                f'Model "{name}": {who} computes something else.\n'
                f'  output      "{found.output}" on {found.inputs}\n'
                f"  difference  {found.relative:.1e} of scale "
                f"({found.difference:.3g} of {found.scale:.3g})\n"
                f"{promise}, to {found.tolerance:g} of scale; {kept}.\n"
                f"{_advice(found.relative, instead)}"
            )
    return proof


def _need_numbers(model: keras.Model, tried: Sequence[tuple[Trial, Numbers]]) -> None:
    """Refuses to compare NaN with NaN only, which would prove anything."""
    made = [array for _, before in tried for array in before.values()]
    if not any(np.isfinite(array).any() for array in made):
        raise ValueError(
            f'Model "{model.name}": what it returns is not finite on any input tried.\n'
            f"  given  {', '.join(dict.fromkeys(trial.shapes for trial, _ in tried))}\n"
            "A rewrite is proved by finite numbers.\n"
            "Give it inputs that it is made for:  prove(old, new, inputs=[array])"
        )


def _advice(relative: float, instead: str) -> str:
    if relative < _ROUNDING:
        return f"If that is rounding, allow it:  tolerance={2 * relative:.0e}"
    return f"Rounding does not do that: {instead}."


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


def answers(model: keras.Model, trial: Trial) -> Numbers:
    """Returns the outputs of a model in inference, by name.

    Args:
        model: The model.
        trial: What to call it on.
    """
    return trial.answered(partial(_answer, model))


def _answer(model: keras.Model, arrays: Arrays) -> Numbers:
    given: Any = arrays[0]
    if not isinstance(model, keras.Sequential):
        given = keras.tree.pack_sequence_as(model.input, list(arrays))
    with without_gradients():
        made = keras.tree.flatten(model(given, training=False))
    names = getattr(model, "output_names", None) or ["output"] * len(made)
    return {
        name if names.count(name) == 1 else f"{name}[{k}]": numbers(value)
        for k, (name, value) in enumerate(zip(names, made, strict=True))
    }


def compare(
    trial: Trial, old: Numbers, new: Numbers, *, tolerance: float
) -> list[Comparison]:
    """Compares what two models made of the same batch, sample by sample.

    The scale of a sample is its largest number, and at least that of the first sample:
    where an output vanishes, a difference is measured by what it is elsewhere.

    Args:
        trial: What both were called on.
        old: The outputs of the old model.
        new: The outputs of the new one, of the same names or at least in that order.
        tolerance: What a difference may be in proportion to the scale.
    """
    found = []
    for (name, before), after in zip(old.items(), new.values(), strict=True):
        rows = len(trial.kinds)
        if before.shape != after.shape or len(before) != rows:
            rows = 1  # one number for the whole batch
        floor = _largest(before[0] if rows > 1 else before)
        for row in range(rows):
            one = (before[row], after[row]) if rows > 1 else (before, after)
            inputs = f"{trial.kinds[row]} {trial.shapes}"
            scale = max(_largest(one[0]), floor)
            found.append(Comparison(name, inputs, _apart(*one), scale, tolerance))
    return found


def _largest(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def _apart(old: np.ndarray, new: np.ndarray) -> float:
    """Returns the largest difference; numbers that are not finite must be the same."""
    if old.shape != new.shape:
        return float("inf")
    same = (old == new) | (np.isnan(old) & np.isnan(new))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(new - old))
    return float(np.nan_to_num(apart, nan=np.inf).max()) if apart.size else 0.0


def taken(model: keras.Model) -> list[tuple[Trial, Numbers]]:
    """Returns made-up inputs that a model takes, and what it makes of them.

    Args:
        model: The model. An axis of unknown size is given one or two sizes.

    Raises:
        ValueError: It takes none of them.
    """
    unknown = any(None in tensor.shape[1:] for tensor in model.inputs)
    found, refused = [], None
    for size in SIZES if unknown else SIZES[:1]:
        made = trials_for(model, size=size)
        try:
            found.append([(trial, answers(model, trial)) for trial in made])
        except Exception as error:  # the model's own, about a size that it cannot take
            refused = error
        if len(found) == 2:
            break
    if not found:
        raise ValueError(
            f'Model "{model.name}": it takes none of the inputs that were made up.\n'
            f"  given  {[tuple(tensor.shape) for tensor in model.inputs]}, unknown "
            f"sizes of {', '.join(map(str, SIZES))}\n"
            f"It said: {first_sentence(refused)}\n"
            "Give it some that it takes:  prove(old, new, inputs=[np.zeros(shape)])"
        ) from refused
    return [pair for pairs in found for pair in pairs]
