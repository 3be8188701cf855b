"""How long models take, measured side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import keras

from keras_residual.graph.untouched import state_kept
from keras_residual.transforms.original import made_up_runs
from keras_residual.transforms.trials import Trial
from keras_residual.transforms.witness import packed


def latencies(
    models: Sequence[keras.Model],
    *,
    trial: Trial | None = None,
    beside: Sequence[Callable[[list], Any]] = (),
    rounds: int = 30,
    seconds: float = 5.0,
) -> list[float]:
    """Returns the median milliseconds that each model takes for one sample.

    They take turns, so that whatever else the machine does meets all of them.

    Args:
        models: Models of the same inputs.
        trial: What they take; found out where it is not known.
        beside: Functions of the inputs, as a list of arrays; they come last.
        rounds: How often each is run.
        seconds: No round begins after that time.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> len(latencies([model, model], rounds=3))
        2
    """
    if trial is None:
        trial, _ = made_up_runs(models[0])[-1]
    given: Any = [array[:1] for array in trial.arrays]
    if models[0].inputs[0].shape[0] is not None:
        given = list(trial.arrays)
    calls = [_call(model, given) for model in models]
    calls += [partial(run, given) for run in beside]
    with state_kept(*models):
        return _medians(calls, rounds, seconds)


def _medians(
    calls: Sequence[Callable[[], Any]], rounds: int, seconds: float
) -> list[float]:
    for call in calls:
        call()  # traces and compiles
    found: list[list[float]] = [[] for _ in calls]
    end = time.perf_counter() + seconds
    for turn in range(rounds):
        if turn and time.perf_counter() > end:
            break
        for call, times in zip(calls, found, strict=True):
            start = time.perf_counter()
            call()
            times.append(1000 * (time.perf_counter() - start))
    return [median(times) for times in found]


def _call(model: keras.Model, arrays: list) -> Any:
    given = packed(model, [_words(array) for array in arrays])
    return lambda: model.predict_on_batch(given)


def _words(array: Any) -> Any:
    """Returns words as a tensor: `predict` takes no array of them."""
    return keras.ops.convert_to_tensor(array) if array.dtype.kind == "U" else array
