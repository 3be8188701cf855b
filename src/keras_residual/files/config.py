"""Reads the description of a model: every name and setting in it is on the list."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras

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
from keras_residual.files.errors import IN_PYTHON, RUNS_ITS_CODE, RefusedError, shown

Config = dict[str, Any]
_KNOWN = CALLED | PLAIN
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
        if pair(item) in _KNOWN and (reason := refused_setting(item)):
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


def is_listed(item: Config, known: frozenset[tuple[str, str]]) -> bool:
    """Says whether an object, or the function that it names, is one of a list.

    Args:
        item: The object.
        known: The list, of modules and names.
    """
    inside, registered = item.get("config"), item.get("registered_name")
    module, kind = pair(item)
    name = str(inside) if kind == "function" else kind
    return (module, name) in known and registered in (None, kind, name)


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
    return (module, name) in _KNOWN and registered in (None, name)


def _unknown(item: Config) -> RefusedError:
    module, name = item.get("module"), item.get("class_name")
    registered = item.get("registered_name")
    also = "" if registered in (None, name) else f", registered as {shown(registered)}"
    place = "" if module is None else f" of {shown(module)}"
    why = f": {WHY[name]}" if isinstance(name, str) and name in WHY else ""
    how = RUNS_ITS_CODE if why else IN_PYTHON
    return RefusedError(
        "it names what we do not run from a file.",
        given=f"{shown(name)}{place}{also}{why}",
        needed="A file may name Keras's own layers and ours, but none that hold code.",
        write=f"model = {how}; and pass the model",
    )


def _unfit(item: Config, reason: str) -> RefusedError:
    return RefusedError(
        "a setting in it is not one that we take from a file.",
        given=f"{shown(item.get('class_name'))}: {shown(reason)}",
        needed="Settings are words and numbers of a size that a model needs.",
        write=f"model = {IN_PYTHON}; and pass the model",
    )


# What stands in the place of Keras's own; a file may not name it.
ROW = "keras_residual>row"


class Row:
    """Stands in for `Sequential`, which builds itself anew with each layer."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> keras.Sequential:
        """Returns what Keras would return, in a time that fits the layers.

        Args:
            config: The settings of a Sequential.
        """
        model, layers = keras.Sequential(name=config["name"]), config["layers"]
        for at, layer in enumerate(layers, 1):
            made = keras.saving.deserialize_keras_object(layer)
            model.add(made, rebuild=at == len(layers))
        shape = config.get("build_input_shape")
        if not model.built and isinstance(shape, list) and shape:
            model.build(shape)
        return model


# What Keras counts up to while it builds a graph.
_LARGEST = {
    "indices_or_sections": 1_000,
    "num": 1_000,
    "num_oov_indices": 1_000,
    "power_iterations": 1_000,
}
# In letters; Keras makes one of the names of what it is made of.
_LONGEST_NAME = 1_000
# Normalization computes its mean and variance while it is built.
_LARGEST_MEAN = 2**22
# A text in the place of a list is a path to read; a function is code.
_WORD_LAYERS = {"StringLookup", "IntegerLookup", "TextVectorization"}
_LISTS = ("vocabulary", "idf_weights")
_WORDS = ("standardize", "split")
_WIDTHS = ("units", "filters", "output_dim")


def refused_setting(item: dict[str, Any]) -> str | None:
    """Says which setting of an object is not taken from a file, and why.

    Args:
        item: An object of a description, whose name is on the list.
    """
    inside, name = item.get("config"), str(item.get("class_name"))
    if not isinstance(inside, dict):
        return f"its settings are a {type(inside).__name__}"
    if len(str(inside.get("name"))) > _LONGEST_NAME:
        return f"a name of {len(str(inside['name']))} letters"
    for setting, largest in _LARGEST.items():
        value = inside.get(setting)
        if isinstance(value, int | float) and value > largest:
            return f"{setting}={value}, more than {largest}"
    if name in _WORD_LAYERS:
        return _reads(inside)
    if name == "Normalization":
        return _moments(item, inside)
    return _lora(item, inside)


def _reads(inside: dict[str, Any]) -> str | None:
    for setting in _LISTS:
        if isinstance(inside.get(setting), str):
            return f"{setting} is the path of another file"
    for setting in _WORDS:
        if isinstance(inside.get(setting), dict):
            return f"{setting} is a function"
    return None


def _moments(item: dict[str, Any], inside: dict[str, Any]) -> str | None:
    if (size := _mean_size(item, inside)) > _LARGEST_MEAN:
        return f"means of {size} features"
    waiting = [inside.get("variance")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int | float) and not value >= 0:
            return f"variance {value}, which is below zero or no number"
    return None


def _mean_size(item: dict[str, Any], inside: dict[str, Any]) -> float:
    shape, axes = _shape(item), inside.get("axis")
    try:
        axes = axes if isinstance(axes, list) else [axes]
        return math.prod(abs(shape[axis]) for axis in axes)
    except (LookupError, TypeError):
        return math.inf


def _lora(item: dict[str, Any], inside: dict[str, Any]) -> str | None:
    """The weights that a LoRA adds are in no file: its kernel's width bounds them."""
    rank = inside.get("lora_rank")
    if rank is None:
        return None
    looks_up = "input_dim" in inside
    shapes = [] if looks_up else [_shape(item), inside.get("output_shape")]
    sizes = [shape[-1] for shape in shapes if isinstance(shape, list) and shape]
    sizes += [inside[name] for name in ("input_dim", *_WIDTHS) if name in inside]
    whole = all(type(size) is int for size in (rank, *sizes))
    if whole and len(sizes) > 1 and 0 < rank <= min(sizes):
        return None
    return f"lora_rank={rank}, which is more than the layer is wide"


def _shape(item: dict[str, Any]) -> Any:
    built = item.get("build_config")
    return built.get("input_shape") if isinstance(built, dict) else None
