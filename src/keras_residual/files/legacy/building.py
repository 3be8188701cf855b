"""Builds a model that was checked, and gives each weight its array."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_residual.files.config import Config
from keras_residual.files.errors import RefusedError, shown
from keras_residual.files.legacy.matching import match
from keras_residual.files.rows import ROW, Row


def build(config: Config, arrays: dict[str, np.ndarray]) -> keras.Model:
    """Builds a model with the weights of its file.

    Args:
        config: The model, as Keras 3 describes it, after all checks.
        arrays: Its weights; each name begins with that of a layer.

    Raises:
        RefusedError: A weight has no array, or one of another shape or type.
    """
    # Keras takes a description apart while it reads it.
    model: Any = keras.saving.deserialize_keras_object(
        copy.deepcopy(config), custom_objects={ROW: Row}
    )
    left = set(arrays)
    for layer in model.layers:
        weights = {weight.path: weight for weight in layer.weights}
        own = {
            name[len(layer.name) + 1 :]: name
            for name in arrays
            if _of(name, layer.name)
        }
        if not weights and not own:
            continue
        if len(weights) < len(layer.weights):
            raise _unfit(f"{shown(layer.name)}: two weights of one name")
        for path, name in match(layer.name, list(weights), list(own)).items():
            _assign(weights[path], arrays[own[name]], own[name])
        left -= set(own.values())
    if left:
        raise _unfit(f"{shown(min(left))}, which belongs to no layer")
    for layer in _all(model):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model


def _of(name: str, layer: str) -> bool:
    return name.replace("/", "_").startswith(f"{layer}_") and (
        name.startswith(f"{layer}/") or "/" in name[: len(layer)]
    )


def _assign(weight: Any, array: np.ndarray, name: str) -> None:
    whole = array.dtype.kind in "iu" and str(weight.dtype).startswith(("int", "uint"))
    if array.shape != tuple(weight.shape) or not (
        whole or str(array.dtype) == str(weight.dtype)
    ):
        raise _unfit(
            f"{shown(name)}: {array.dtype} of shape {array.shape}, for a weight of "
            f"{weight.dtype} and shape {tuple(weight.shape)}"
        )
    weight.assign(array.astype(str(weight.dtype)))


def _all(model: Any) -> Iterator[Any]:
    waiting = [model]
    while waiting:
        layer = waiting.pop()
        yield layer
        waiting += getattr(layer, "layers", [])


def _unfit(given: str) -> RefusedError:
    return RefusedError(
        "its weights do not fit its layers.",
        given=given,
        needed="The file of a model has one array for each weight, of its shape and "
        "type.",
        write='model.save("model.keras") with the Keras that wrote it',
    )
