"""Symbols that stand for weights, and for what a layer returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import keras

from keras_residual._keras import is_known
from keras_residual.graph.unfolding.frame import symbols
from keras_residual.graph.unfolding.nesting import ClosedError


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


def spec_of(layer: Any, native: Callable, args: Any, kwargs: Any) -> Any:
    """Returns what a layer makes of symbols: what its shapes say, or its call.

    A layer that was taught more arguments may not know how to compute its shape, and
    some know less than their call does. What a custom layer says of its shape need not
    be so, because Keras believes its call where there are numbers.
    """
    if isinstance(layer, keras.layers.Layer) and not is_known(type(layer).watches):
        with suppress(Exception):  # foreign code: whatever it raises
            dense: Any = keras.tree.map_structure(_dense, (args, kwargs))
            return keras.Operation.compute_output_spec(layer, *dense[0], **dense[1])
    try:
        found = native(*args, **kwargs)
    except Exception:  # foreign code: whatever it raises
        return keras.Operation.compute_output_spec(layer, *args, **kwargs)
    known = all(None not in one.shape[1:] for one in symbols((args, kwargs)))
    if known and any(None in one.shape[1:] for one in symbols(found)):
        try:
            return keras.Operation.compute_output_spec(layer, *args, **kwargs)
        except Exception:  # foreign code: whatever it raises
            return found
    return found


def _dense(value: Any) -> Any:
    """Returns a symbol that is not sparse; Keras says that the one of `x * 2.0` is."""
    if isinstance(value, keras.KerasTensor) and value.sparse:
        return keras.KerasTensor(value.shape, value.dtype)
    return value
