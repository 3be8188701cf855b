"""Reads the description of a model: every name in it is on the list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keras_residual.files.allowed import (
    ACTIVATIONS,
    ARRAYS,
    CALLED,
    DTYPES,
    MODELS,
    OURS,
    PLAIN,
    VALUES,
)
from keras_residual.files.errors import IN_PYTHON, RefusedError, shown
from keras_residual.files.rows import ROW
from keras_residual.files.settings import refused_setting

Config = dict[str, Any]
KNOWN = CALLED | PLAIN
WHY = {
    "Lambda": "it holds Python code",
    "__lambda__": "it holds Python code",
    "TFSMLayer": "it runs a TensorFlow program",
    "TorchModuleWrapper": "it unpickles a PyTorch module",
    "JaxLayer": "it runs a function of its own",
    "FlaxLayer": "it runs a module of its own",
}


def clean(config: Config) -> None:
    """Refuses a description that names what is not allowed, and tidies it up.

    What is taken out: how models were compiled, for an optimizer is a program of its
    own; and which settings were one object in memory. What is put in: that a Sequential
    is built once.

    Args:
        config: The description; it is changed in place.

    Raises:
        RefusedError: A name in it is not on the list, or a setting is not allowed.
    """
    if pair(config) not in MODELS:
        raise _unknown(config)
    for item in objects(config):
        if not _allowed(item):
            raise _unknown(item)
        if pair(item) in KNOWN and (reason := refused_setting(item)):
            raise _unfit(item, reason)
        item.pop("compile_config", None)
        if not is_called(item):
            item.pop("shared_object_id", None)
        if item["class_name"] == "Sequential":
            item["registered_name"] = ROW


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
    return (module, name) in KNOWN and registered in (None, name)


def _unknown(item: Config) -> RefusedError:
    module, name = item.get("module"), item.get("class_name")
    registered = item.get("registered_name")
    also = "" if registered in (None, name) else f", registered as {shown(registered)}"
    place = "" if module is None else f" of {shown(module)}"
    why = f": {WHY[name]}" if isinstance(name, str) and name in WHY else ""
    return RefusedError(
        "it names what we do not run from a file.",
        given=f"{shown(name)}{place}{also}{why}",
        needed="A file may name Keras's own layers and ours, but none that hold code.",
        write=f"model = {IN_PYTHON}; and pass the model",
    )


def _unfit(item: Config, reason: str) -> RefusedError:
    return RefusedError(
        "a setting in it is not one that we take from a file.",
        given=f"{shown(item.get('class_name'))}: {shown(reason)}",
        needed="Settings are words and numbers of a size that a model needs.",
        write=f"model = {IN_PYTHON}; and pass the model",
    )
