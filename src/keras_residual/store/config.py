"""Reads the description of a model: every name in it is on the list."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from keras_residual.store.allowed import (
    ACTIVATIONS,
    ARRAYS,
    CALLED,
    DTYPES,
    MODELS,
    OURS,
    PLAIN,
    VALUES,
)
from keras_residual.store.refusal import IN_PYTHON, RefusedError, shown

Config = dict[str, Any]
WHY = {
    "Lambda": "it holds Python code",
    "__lambda__": "it holds Python code",
    "TFSMLayer": "it runs a TensorFlow program",
    "TorchModuleWrapper": "it unpickles a PyTorch module",
    "JaxLayer": "it runs a function of its own",
    "FlaxLayer": "it runs a module of its own",
    "StringLookup": "it reads its words from a file",
    "IntegerLookup": "it reads its words from a file",
    "TextVectorization": "it reads its words from a file",
}
# Settings that Keras counts up to while it builds a graph, or that make weights which
# no file holds.
LARGEST_SETTINGS = {"indices_or_sections": 1_000, "num": 1_000, "lora_rank": 0}
# Normalization computes its mean and variance while it is built.
LARGEST_MEAN = 2**22


def clean(config: Config) -> None:
    """Refuses a description that names what is not allowed, and tidies it up.

    What is taken out: how models were compiled, for an optimizer is a program of its
    own; and which settings were one object in memory.

    Args:
        config: The description; it is changed in place.

    Raises:
        RefusedError: A name in it is not on the list.
    """
    if pair(config) not in MODELS:
        raise _unknown(config)
    for item in objects(config):
        if not _allowed(item):
            raise _unknown(item)
        item.pop("compile_config", None)
        if not is_called(item):
            item.pop("shared_object_id", None)


def objects(value: object) -> Iterator[Config]:
    """Yields everything in a description that stands for an object."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def is_called(item: Config) -> bool:
    """Says whether an object takes tensors: a layer, a model or an operation."""
    return pair(item) in CALLED or str(item.get("registered_name")) in OURS


def pair(item: Config) -> tuple[str, str]:
    """Returns the module and the class that an object names."""
    return str(item.get("module")), str(item.get("class_name"))


def _allowed(item: Config) -> bool:
    module, name = pair(item)
    inside, registered = item.get("config"), item.get("registered_name")
    if name == "function":
        known = (module, str(inside)) in ACTIVATIONS
        return known and registered in (None, name, inside)
    if name in ARRAYS:
        return isinstance(inside, dict) and str(inside.get("dtype")) in DTYPES
    if name in VALUES:
        return True
    if str(registered) in OURS:
        return registered == f"keras_residual>{name}"
    known = (module, name) in CALLED or (module, name) in PLAIN
    return known and registered in (None, name) and _small(item, name)


def _small(item: Config, name: str) -> bool:
    inside = item.get("config")
    if not isinstance(inside, dict):
        return False
    for setting, largest in LARGEST_SETTINGS.items():
        value = inside.get(setting)
        if isinstance(value, int | float) and value > largest:
            return False
    return name != "Normalization" or _mean_size(item, inside) <= LARGEST_MEAN


def _mean_size(item: Config, inside: Config) -> float:
    built = item.get("build_config")
    shape: Any = built.get("input_shape") if isinstance(built, dict) else None
    axes: Any = inside.get("axis")
    try:
        axes = axes if isinstance(axes, list) else [axes]
        return math.prod(abs(shape[axis]) for axis in axes)
    except (IndexError, TypeError):
        return math.inf


def _unknown(item: Config) -> RefusedError:
    module, name = item.get("module"), item.get("class_name")
    registered = item.get("registered_name")
    also = "" if registered in (None, name) else f", registered as {shown(registered)}"
    why = f": {WHY[name]}" if isinstance(name, str) and name in WHY else ""
    return RefusedError(
        "it names what we do not run from a file.",
        given=f"{shown(name)} of {shown(module)}{also}{why}",
        needed="A file may name Keras's own layers and ours, but none that hold code.",
        write=f"model = {IN_PYTHON}; and pass the model",
    )
