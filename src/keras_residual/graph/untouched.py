"""Lets layers run, and leaves them as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from keras_residual._keras import is_known, layers_in, own_weights
from keras_residual._keras_replaced import no_variable_waits


@contextmanager
def untouched(
    *operations: Any, scope: keras.StatelessScope | None = None
) -> Iterator[keras.StatelessScope]:
    """Lets operations run, and leaves them as they were.

    What a call writes into a variable - a weight that counts, the state of a recurrent
    layer, the seed of a dropout, a statistic - goes into the scope, where later calls
    inside find it. What it writes into an attribute is taken back at the end, and so
    are losses that it adds.

    Args:
        *operations: Layers, models and operations, with all layers inside.
        scope: Where variables go; by default a new one, which starts from the values
            that they have.

    Yields:
        The scope: `scope.get_current_value(variable)` is what was written, or None.

    Examples:
        >>> layer = keras.layers.LSTM(2, stateful=True)
        >>> x = keras.ops.ones((1, 3, 2))
        >>> first = layer(x)  # moves its state
        >>> before = keras.ops.convert_to_numpy(layer.states[0])
        >>> with untouched(layer) as scope:
        ...     second = layer(x)
        >>> bool((keras.ops.convert_to_numpy(layer.states[0]) == before).all())
        True
    """
    if scope is None:
        scope = keras.StatelessScope(collect_losses=True, initialize_variables=False)
    kept = [_Kept(vars(one)) for one in _all_inside(operations)]
    try:
        with no_variable_waits(), scope:
            yield scope
    finally:
        for one in kept:
            one.take_back()


@contextmanager
def state_kept(*models: keras.Model) -> Iterator[None]:
    """Puts back what compiled calls move: statistics, states, seeds, and attributes.

    A compiled function writes into the variables itself, where no scope is asked.

    Args:
        *models: Models that are called in training, or by `predict`.
    """
    kept = [_Kept(vars(one)) for one in _all_inside(models)]
    values = [
        (variable, np.array(keras.ops.convert_to_numpy(variable)))
        for model in models
        for variable in (*state_of(model), *_counters(model))
    ]
    try:
        yield
    finally:
        for variable, value in values:
            variable.assign(value)
        for one in kept:
            one.take_back()


def _all_inside(operations: tuple[Any, ...]) -> list[Any]:
    found: dict[int, Any] = {}
    for one in operations:
        inside = [one]
        if isinstance(one, keras.layers.Layer):
            inside = layers_in(one, itself=True)
        elif isinstance(one, keras.Function):
            inside = _all_inside(tuple(one.operations))
        found.update((id(each), each) for each in inside)
    return list(found.values())


def state_of(layer: Any) -> list[keras.Variable]:
    """Returns what calls may write: all that is not trained, and recurrent states.

    Args:
        layer: A layer or a model.
    """
    return [*layer.non_trainable_variables, *recurrent_states(layer)]


def recurrent_states(layer: Any) -> list[keras.Variable]:
    """Returns the states that recurrent layers keep from batch to batch.

    Args:
        layer: A layer or a model.
    """
    found: list[Any] = []
    for one in layers_in(layer, itself=True):
        if isinstance(one, keras.layers.RNN) and one.stateful:
            found += keras.tree.flatten(one.states)
    return [one for one in found if isinstance(one, keras.Variable)]


def _counters(model: keras.Model) -> list[keras.Variable]:
    """Returns what layers may write although it is trained, or belongs to a metric.

    Keras's own layers write no weight that is trained; copies of them take memory.
    """
    foreign = [one for one in layers_in(model, itself=True) if not is_known(type(one))]
    found = [weight for one in foreign for weight in own_weights(one)]
    return [*found, *model.metrics_variables]


class _Kept:
    """The attributes of one layer, and what the lists, sets and dicts among them hold.

    Args:
        attributes: Those that a call may change, in place.
    """

    def __init__(self, attributes: dict[str, Any]) -> None:
        kinds = (list, set, dict)  # TensorFlow's proxies only say that they are
        values = [one for one in attributes.values() if issubclass(type(one), kinds)]
        self._all: list[Any] = [attributes, *values]
        self._held = [one.copy() for one in self._all]

    def take_back(self) -> None:
        """Puts everything back; Keras's own lists would refuse what is tracked."""
        for one, held in zip(self._all, self._held, strict=True):
            if isinstance(one, list):
                list.__setitem__(one, slice(None), held)
            else:
                kind: Any = set if isinstance(one, set) else dict
                kind.clear(one)
                kind.update(one, held)
