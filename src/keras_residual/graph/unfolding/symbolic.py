"""Symbols that stand for weights, and for what a layer returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import keras

from keras_residual._keras import is_known, layers_in, own_weights
from keras_residual.graph.unfolding.frame import symbols
from keras_residual.graph.unfolding.nesting import ClosedError, skeleton


class WeightTensor(keras.KerasTensor):
    """A weight while its layer is traced; its numbers cannot be read or written."""

    @property
    def value(self) -> WeightTensor:
        return self

    def numpy(self) -> Any:
        raise ClosedError("its call reads the numbers of its weights")

    def assign(self, value: Any, dtype: Any = None) -> Any:
        del value, dtype
        raise ClosedError("its call writes its own state")

    assign_add = assign_sub = assign


def any_weights(values: Iterable[Any]) -> bool:
    """Says whether there are weights among these."""
    return any(isinstance(one, keras.Variable) for one in values)


class Specs:
    """What layers make of symbols, asked once of all that are made alike.

    A deep model is many equal layers, which are called in each trace of it; what the
    call of a custom one returns takes longer to learn than all the rest.
    """

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def of(self, layer: Any, native: Callable, args: Any, kwargs: Any) -> Any:
        """Returns symbols for what a layer returns.

        Args:
            layer: A watched layer or operation.
            native: Its own `symbolic_call`.
            args: What it is called on.
            kwargs: Likewise, by name.
        """
        if not isinstance(layer, keras.layers.Layer) or is_known(type(layer).watches):
            return _by_shape(layer, native, args, kwargs)
        key = _made(layer), skeleton((args, kwargs), {})
        if key not in self._known:
            self._known[key] = _by_call(layer, native, args, kwargs)
        return keras.tree.map_structure(_again, self._known[key])


def _made(layer: Any) -> Any:
    """Returns what layers made alike have in common, in the layers in them as well."""
    plain = [
        (name, repr(value))
        for name, value in vars(layer).items()
        if isinstance(value, bool | int | float | str | tuple)
        and not name.endswith(("name", "path"))
    ]
    shapes = [(tuple(one.shape), one.dtype) for one in own_weights(layer)]
    inside = tuple(_made(one) for one in layers_in(layer, deep=False))
    kind = getattr(type(layer), "watches", type(layer))
    return kind, tuple(sorted(plain)), tuple(shapes), inside


def _again(value: Any) -> Any:
    if isinstance(value, keras.KerasTensor):
        return keras.KerasTensor(value.shape, value.dtype, sparse=value.sparse)
    return value


def _by_call(layer: Any, native: Callable, args: Any, kwargs: Any) -> Any:
    """Returns what a custom layer's call makes of symbols.

    What it says of its shape need not be so: Keras believes its call, too, where there
    are numbers.
    """
    try:
        dense: Any = keras.tree.map_structure(_dense, (args, kwargs))
        return keras.Operation.compute_output_spec(layer, *dense[0], **dense[1])
    except Exception:  # foreign code: whatever it raises
        return _by_shape(layer, native, args, kwargs)


def _by_shape(layer: Any, native: Callable, args: Any, kwargs: Any) -> Any:
    """Returns what a layer says of its shape; its call, where that says more.

    A layer that was taught more arguments may not know how to compute its shape, and
    some know less than their call does.
    """
    try:
        found = native(*args, **kwargs)
    except Exception:  # foreign code: whatever it raises
        return keras.Operation.compute_output_spec(layer, *args, **kwargs)
    if _unknown(symbols(found)) > _unknown(symbols((args, kwargs))):
        with suppress(Exception):  # foreign code: whatever it raises
            return keras.Operation.compute_output_spec(layer, *args, **kwargs)
    return found


def _unknown(tensors: list[Any]) -> int:
    """Says which sizes of symbols are unknown: none, of the batch at most, others."""
    if any(None in one.shape[1:] for one in tensors):
        return 2
    return int(any(None in one.shape for one in tensors))


def _dense(value: Any) -> Any:
    """Returns a symbol that is not sparse; Keras says that the one of `x * 2.0` is."""
    if isinstance(value, keras.KerasTensor) and value.sparse:
        return keras.KerasTensor(value.shape, value.dtype)
    return value
