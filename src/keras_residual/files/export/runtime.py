"""A file in the runtime that it is made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What reads and runs a file.

    Args:
        name: The runtime, with its version.
        run: Makes outputs, in Keras's order, of arrays in the order of `model.inputs`.
    """

    name: str
    run: Callable[[Arrays], list[Any]]


def by_name(model: keras.Model, names: Sequence[str], arrays: Arrays) -> dict[str, Any]:
    """Returns what a file's inputs are given.

    Converters keep the names of the inputs, but not always their order. Where they
    changed a name, the order is all there is.

    Args:
        model: The model that was written.
        names: The inputs in the file.
        arrays: In the order of `model.inputs`.
    """
    own = [tensor.name for tensor in model.inputs]
    if sorted(own) != sorted(names):
        own = list(names)
    return dict(zip(own, arrays, strict=True))


def outputs_of(model: keras.Model) -> list[str]:
    """Returns the names of a model's outputs: the keys of a dictionary, or Keras's.

    Args:
        model: The model that is written.
    """
    if isinstance(model, keras.Sequential):
        return [model.layers[-1].name]
    names: Any = model.output_names
    if isinstance(model.output, dict) and len(model.output) == len(names):
        names = keras.tree.flatten({key: key for key in model.output})
    return list(names)


def named(model: keras.Model) -> keras.Model:
    """Returns a model of the same layers that says what its outputs are called.

    Keras writes `output_0` for what is no dictionary.

    Args:
        model: The model that is written.
    """
    names = outputs_of(model)
    if isinstance(model.output, dict) or len(set(names)) < len(names):
        return model
    inputs = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    outputs = dict(zip(names, model.outputs, strict=True))
    return keras.Model(inputs, outputs, name=model.name)


def in_order(model: keras.Model, made: dict[str, Any]) -> list[Any]:
    """Returns what a file made, in Keras's order.

    Args:
        model: The model that was written.
        made: What it made, by name.
    """
    names = outputs_of(model)
    if set(names) != set(made):  # a list's are numbered: output_0, ..., output_10
        names = sorted(made, key=lambda name: (len(name), name))
    return [made[name] for name in names]
