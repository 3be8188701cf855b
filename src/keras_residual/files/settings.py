"""Settings of layers that would read a file, or take much more than they say."""

from __future__ import annotations

import math
from typing import Any

# What Keras counts up to while it builds a graph.
LARGEST = {
    "indices_or_sections": 1_000,
    "num": 1_000,
    "num_oov_indices": 1_000,
    "power_iterations": 1_000,
}
# In letters; Keras makes one of the names of what it is made of.
LONGEST_NAME = 1_000
# Normalization computes its mean and variance while it is built.
LARGEST_MEAN = 2**22
# A text in the place of a list is a path to read; a function is code.
WORD_LAYERS = {"StringLookup", "IntegerLookup", "TextVectorization"}
LISTS = ("vocabulary", "idf_weights")
WORDS = ("standardize", "split")
WIDTHS = ("units", "filters", "output_dim")


def refused_setting(item: dict[str, Any]) -> str | None:
    """Says which setting of an object is not taken from a file, and why.

    Args:
        item: An object of a description, whose name is on the list.
    """
    inside, name = item.get("config"), str(item.get("class_name"))
    if not isinstance(inside, dict):
        return f"its settings are a {type(inside).__name__}"
    if len(str(inside.get("name"))) > LONGEST_NAME:
        return f"a name of {len(str(inside['name']))} letters"
    for setting, largest in LARGEST.items():
        value = inside.get(setting)
        if isinstance(value, int | float) and value > largest:
            return f"{setting}={value}, more than {largest}"
    if name in WORD_LAYERS:
        return _reads(inside)
    if name == "Normalization":
        return _moments(item, inside)
    return _lora(item, inside)


def _reads(inside: dict[str, Any]) -> str | None:
    for setting in LISTS:
        if isinstance(inside.get(setting), str):
            return f"{setting} is the path of another file"
    for setting in WORDS:
        if isinstance(inside.get(setting), dict):
            return f"{setting} is a function"
    return None


def _moments(item: dict[str, Any], inside: dict[str, Any]) -> str | None:
    if (size := _mean_size(item, inside)) > LARGEST_MEAN:
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
    sizes += [inside[name] for name in ("input_dim", *WIDTHS) if name in inside]
    whole = all(type(size) is int for size in (rank, *sizes))
    if whole and len(sizes) > 1 and 0 < rank <= min(sizes):
        return None
    return f"lora_rank={rank}, which is more than the layer is wide"


def _shape(item: dict[str, Any]) -> Any:
    built = item.get("build_config")
    return built.get("input_shape") if isinstance(built, dict) else None
