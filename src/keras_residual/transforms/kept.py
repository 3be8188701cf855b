"""Compares each layer that was kept with its copy, on what the old one is given."""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

import keras

from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.numbers import numbers
from keras_residual.graph.precision import whole_products
from keras_residual.graph.untouched import untouched
from keras_residual.transforms.comparison import Bar, Difference, compare
from keras_residual.transforms.given import GIVEN
from keras_residual.transforms.trials import Trial
from keras_residual.transforms.witness import packed

Copies = Sequence[tuple[Any, Any]]
"""Pairs of a layer or operation and its copy."""


def compared_layers(
    model: keras.Model, copies: Copies, trial: Trial, *, tolerance: float
) -> list[Difference]:
    """Runs a model, and at each call of a layer its copy as well.

    Args:
        model: The old model.
        copies: Its layers, and their copies.
        trial: What the model is called on.
        tolerance: What a difference may be in proportion to the scale.
    """
    found: list[Difference] = []
    kept = untouched(model, *(new for _, new in copies))
    with whole_products(), without_gradients(), kept:
        for old, new in copies:
            vars(old)["call"] = _twice(old, new, found, tolerance)
        rows = (
            [tuple(one[:1] for one in trial.arrays)] if trial.apart else [trial.arrays]
        )
        for arrays in rows:
            model(packed(model, arrays), training=False)
    return found


def _twice(old: Any, new: Any, found: list[Difference], tolerance: float) -> Any:
    call: Any = old.call

    @wraps(call)
    def both(*args: Any, **kwargs: Any) -> Any:
        made = call(*args, **kwargs)
        again = new.call(*args, **kwargs)
        values = _all(made), _all(again)
        if values[0] is not None and values[1] is not None:
            trial = Trial((GIVEN,), ())
            found.extend(compare(trial, values[0], values[1], Bar(tolerance)))
        return made

    def _all(made: Any) -> Any:
        try:
            flat = [numbers(one)[None] for one in keras.tree.flatten(made)]
        except Exception:  # a tracer in a loop, or words
            return None
        return {f"{old.name}{k or ''}": one for k, one in enumerate(flat)}

    return both
