"""A layer again, made of what it holds, where it does not say how it was made."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any

import keras
import numpy as np

from keras_residual._keras import blank_of, fill
from keras_residual.graph.functional import inner_graph
from keras_residual.transforms.preconditions import NotApplicable

_HELD = (keras.layers.Layer, keras.Variable)


def cloned(layer: Any) -> Any:
    """Returns a layer that holds copies of what another holds, weights among them.

    What it computes is for a proof to judge: code may hold more than attributes.

    Args:
        layer: A layer, built or not.

    Raises:
        NotApplicable: It holds a model, whose graph is its own, or a function that
            holds a layer, which would go on using the old one.
    """
    return _Copies().of(layer)


class _Copies:
    """The copies of what a layer holds, each made once."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._old: list[Any] = []  # alive, so that no identity comes twice

    def of(self, value: Any) -> Any:
        if id(value) not in self._made:
            self._old.append(value)
            self._made[id(value)] = self._copied(value)
        return self._made[id(value)]

    def _copied(self, value: Any) -> Any:
        if isinstance(value, keras.Variable):
            return _variable(value)
        if isinstance(value, keras.random.SeedGenerator):
            return keras.random.SeedGenerator.from_config(value.get_config())
        if isinstance(value, keras.layers.Layer):
            return self._layer(value)
        if isinstance(value, MethodType):
            return MethodType(value.__func__, self.of(value.__self__))
        return self._plain(value)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.of(one) for key, one in value.items()}
        if type(value) is tuple or isinstance(value, list | set):
            kind = next(k for k in (tuple, list, set) if isinstance(value, k))
            return kind(self.of(one) for one in value)
        if any(isinstance(one, _HELD) for one in _closed_over(value)):
            raise NotApplicable(f"{value} holds a layer")
        return value

    def _layer(self, old: Any) -> Any:
        if inner_graph(old) is not None:
            raise NotApplicable(f"{old.name} is a model")
        new = self._made[id(old)] = blank_of(old)  # it may hold what holds it
        fill(new, old, self.of)
        return new


def _closed_over(value: Any) -> list[Any]:
    cells = value.__closure__ or () if isinstance(value, FunctionType) else ()
    return [cell.cell_contents for cell in cells]


def _variable(old: Any) -> keras.Variable:
    return keras.Variable(
        np.array(keras.ops.convert_to_numpy(old)),
        dtype=old.dtype,
        trainable=old.trainable,
        name=old.name,
    )
