"""A layer again: a new one of the same class, settings, weights and flags; compared."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import wraps
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

from keras_residual._keras import layers_in, output_shape_given
from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import first_sentence
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.masks import masks_kept
from keras_residual.graph.numbers import numbers
from keras_residual.graph.precision import whole_products
from keras_residual.graph.untouched import recurrent_states, untouched
from keras_residual.transforms.clones import cloned
from keras_residual.transforms.comparison import Bar, Difference, compare
from keras_residual.transforms.trials import GIVEN, Trial
from keras_residual.transforms.witness import packed

_LOADS = ("load_own_variables", "load_assets")


def copy_of(operation: keras.Operation) -> keras.Operation:
    """Returns a new operation with the settings of an old one, not yet called.

    Args:
        operation: A layer or operation.

    Raises:
        ResidualError: It does not say how it was made.
    """
    if type(operation) is keras.layers.Lambda:
        return _lambda(operation)
    try:
        copy = _configured(operation)
    except Exception as error:  # foreign code
        with suppress(Exception):  # what it holds cannot be copied either
            return cloned(operation)
        raise ResidualError(
            f'Layer "{operation.name}": it cannot be made again.',
            given=f"a layer of class {type(operation).__qualname__}",
            needed="A rewrite makes new layers from what get_config() says of the old "
            f"ones.\nIt said: {first_sentence(error)}",
            write="get_config() so that from_config() takes what it returns",
        ) from error
    if copy.name != operation.name:  # some operations take no name
        copy.name = operation.name
    if hasattr(operation, "get_vocabulary"):  # the size of what it returns
        _load_own(operation, copy)
    return copy


def _configured(operation: Any) -> Any:
    with keras.saving.custom_object_scope(_classes(operation)):
        return type(operation).from_config(operation.get_config())


def _lambda(layer: Any) -> keras.layers.Lambda:
    """Copies a function as it is: its code alone would lose what it closes over."""
    return keras.layers.Lambda(
        layer.function,
        output_shape=output_shape_given(layer),
        mask=layer.mask,
        arguments=layer.arguments,
        name=layer.name,
        dtype=layer.dtype_policy,
    )


def _classes(operation: Any) -> dict[str, type]:
    """Returns the classes of the layers inside, which may not be registered."""
    todo, found = [operation], {}
    while todo:
        layer = todo.pop()
        found[type(layer).__name__] = type(layer)
        todo.extend(
            v for v in vars(layer).values() if isinstance(v, keras.layers.Layer)
        )
    return found


def copy_state(old: Any, new: Any) -> None:
    """Gives a new layer all that saving and loading would: weights, states, assets.

    Args:
        old: A layer that is built.
        new: Its copy, built too.

    Raises:
        ResidualError: The two do not hold the same variables, or the copy does not take
            what the old one saves.
    """
    if not isinstance(old, keras.layers.Layer):
        return
    held = _in_one_order(old.variables, new.variables)
    shapes = [[tuple(v.shape) for v in variables] for variables in held]
    if shapes[0] != shapes[1]:
        raise ResidualError(
            f'Layer "{old.name}": its copy holds other variables.',
            given={"given": shapes[0], "copy": shapes[1]},
            needed="A rewrite copies a layer by get_config() and by calling it.",
            write="get_config() so that it says all that build() depends on",
        )
    if new.trainable != old.trainable:
        new.trainable = old.trainable
    inside = (layers_in(each, itself=True) for each in (old, new))
    for one, other in zip(*inside, strict=True):
        _load_own(one, other)
    states = zip(recurrent_states(old), recurrent_states(new), strict=True)
    for before, after in [*zip(*held, strict=True), *states]:
        # JAX would let both variables hold one array, and a training step of one
        # model would take it from the other.
        after.assign(np.array(keras.ops.convert_to_numpy(before)))
        if after.trainable != before.trainable:
            after.trainable = before.trainable


def _in_one_order(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Pairs variables by name, where a layer got some of them later than its copy."""
    names = [[variable.name for variable in one] for one in (old, new)]
    if sorted(names[0]) == sorted(names[1]) and len(set(names[0])) == len(old):
        return old, [new[names[1].index(name)] for name in names[0]]
    return old, new


def _load_own(old: Any, new: Any) -> None:
    """Hands over what a layer saves in its own way, as Keras would by a file."""
    own = [name for name in _LOADS if _overridden(old, name)]
    try:
        if "load_own_variables" in own:
            store: dict[str, Any] = {}
            old.save_own_variables(store)
            new.load_own_variables({k: _copied(value) for k, value in store.items()})
        if "load_assets" in own:
            with TemporaryDirectory() as folder:
                old.save_assets(folder)
                new.load_assets(folder)
    except Exception as error:  # foreign code
        raise ResidualError(
            f'Layer "{old.name}": its state cannot be copied.',
            given=f"a layer of class {type(old).__qualname__}",
            needed="A rewrite gives a new layer what the old one saves.\nIt said: "
            f"{first_sentence(error)}",
            write="load_own_variables() and load_assets() so that they take that",
        ) from error


def _overridden(layer: Any, name: str) -> bool:
    ours = getattr(type(layer), name, None)
    return ours is not None and ours is not getattr(keras.layers.Layer, name, None)


def _copied(value: Any) -> Any:
    if hasattr(value, "dtype"):
        return np.array(keras.ops.convert_to_numpy(value))
    return value


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
        with masks_kept((args, kwargs)):
            again = new.call(*args, **kwargs)
        made = call(*args, **kwargs)
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
