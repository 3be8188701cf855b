"""Settings of layers that Keras 2 wrote, and what Keras 3 knows of them."""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]
# What Keras 3 does not know, and what it means nothing at.
NEUTRAL = {"groups": 1, "time_major": False, "noise_shape": None}
GROUPED = ("Conv1D", "Conv2D", "Conv3D")
# What follows from the input, or was of no use.
IDLE = {
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape"),
    "SeparableConv1D": (
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
    ),
    "SpatialDropout1D": ("trainable",),
}
IDLE["SeparableConv2D"] = IDLE["SeparableConv1D"]
IDLE["SpatialDropout2D"] = IDLE["SpatialDropout3D"] = IDLE["SpatialDropout1D"]
SETTINGS = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
}


def told_settings(name: str, inside: Config) -> Config:
    """Returns a layer's settings as Keras 3 describes them.

    Args:
        name: The layer's class.
        inside: Its settings.
    """
    idle = IDLE.get(name, ())
    new = {
        key: _setting(key, value)
        for key, value in inside.items()
        if key not in idle and not _means_nothing(name, key, value)
    }
    shape = new.pop("batch_input_shape", None)
    if name == "InputLayer" and shape is not None:
        new["batch_shape"] = shape
    if name in ("GRU", "GRUCell"):
        new.setdefault("reset_after", False)  # younger than Keras 2
    axis = new.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        new["axis"] = axis[0]
    return new


def _means_nothing(name: str, key: str, value: Any) -> bool:
    if key == "noise_shape":
        return name.startswith("Spatial") and value is None
    if key == "groups":
        return name not in GROUPED and value == 1
    return key == "time_major" and value is False


def _setting(key: str, value: Any) -> Any:
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    inside = value.get("config")
    if key == "dtype" and value["class_name"] == "Policy":
        return _policy(inside)
    if "module" in value:
        return value
    module = SETTINGS.get(key.rpartition("_")[2])
    if module is None:
        return value
    if isinstance(inside, dict):
        inside = {one: inside[one] for one in inside if one != "dtype"}
    return {**value, "module": module, "config": inside, "registered_name": None}


def _policy(inside: Any) -> Config:
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": inside,
        "registered_name": None,
    }
