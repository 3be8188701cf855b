"""What to try a model on before it is accelerated, and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from keras_residual.compose.layout import need_layout
from keras_residual.transforms.accelerate.runs import Runs
from keras_residual.transforms.trials import SIZES, Trial, trials_for

_GIVEN = "given"


@dataclass(frozen=True)
class Samples:
    """What to try a model on.

    Args:
        inference: Batches that it answers.
        training: A batch that it is trained on, unless it only answers.
    """

    inference: list[Trial]
    training: Trial | None


def samples(
    model: keras.Model, runs: Runs, inputs: Sequence[Any] | None, *, trains: bool
) -> Samples:
    """Returns batches to try a model on.

    Made-up ones are answered one by one, which takes the least memory.

    Args:
        model: The model.
        runs: What runs it.
        inputs: Arrays that were given for it, in the order of its inputs.
        trains: Whether it is to be trained on some, too.

    Raises:
        ValueError: Nothing is given, and nothing can be made up that the model takes;
            or it cannot be run on this machine.
    """
    need_layout(model, f'Model "{model.name}"')
    if inputs is not None:
        arrays = tuple(np.asarray(array) for array in inputs)
        if not arrays or len({array.shape[:1] for array in arrays} | {()}) != 2:
            shapes = ", ".join(str(array.shape) for array in arrays)
            raise ValueError(
                f'Model "{model.name}": the inputs do not fit.\n'
                f"  given  {shapes or 'nothing'}\n"
                "It takes an array for each input, with as many samples in each.\n"
                "Write  inputs=[array]"
            )
        given = Trial((_GIVEN,) * len(arrays[0]), arrays)
        return Samples([given], given if trains else None)
    why: Any = "it is subclassed, so it does not say what it reads"
    if isinstance(model, (keras.Function, keras.Sequential)):
        for size in SIZES:
            try:
                made = trials_for(model, size=size)
                runs.answer(made[-1])
            except Exception as error:  # the model's own, about a size
                why = str(error).partition("\n")[0]
            else:
                return _made_up(made, trains=trains)
    raise ValueError(
        f'Model "{model.name}": no inputs can be made up for it.\n'
        f"  given  {type(model).__name__}; {why}\n"
        "An accelerated model is compared with itself on inputs that it takes.\n"
        "Give it some:  accelerate(model, inputs=[np.zeros((2, 32, 32, 3))])"
    )


def _made_up(made: list[Trial], *, trains: bool) -> Samples:
    any_batch = len(made[-1].kinds) < len(made[0].kinds)
    answered = [replace(made[0], apart=True)] if any_batch else made
    if not trains:
        return Samples(answered, None)
    usual = _usual(made[0])
    return Samples([usual, *answered], usual)


def _usual(trial: Trial) -> Trial:
    """Returns a trial of that shape without the edges, which blow up in training."""
    rng = np.random.default_rng(1)
    arrays = tuple(
        rng.standard_normal(array.shape).astype(array.dtype)
        if array.dtype.kind == "f"
        else array
        for array in trial.arrays
    )
    return Trial(("normal",) * len(trial.kinds), arrays)
