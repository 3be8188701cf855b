"""Says what Keras 2 wrote in the words of Keras 3; what is in it is checked after."""

from __future__ import annotations

from typing import Any

from keras_residual._keras import SOURCE
from keras_residual.files.allowed import LAYERS, OURS
from keras_residual.files.config import Config, objects

_NAMES = frozenset(LAYERS.split())
_MODELS = {
    "Model": (f"{SOURCE}models.functional", "Functional"),
    "Functional": (f"{SOURCE}models.functional", "Functional"),
    "Sequential": ("keras", "Sequential"),
}
_MOST_AXES = 8
# Where a layer holds others.
_INSIDE = ("layer", "backward_layer", "cell", "cells")


def translate(config: Config, shapes: dict[str, tuple[int, ...]]) -> Config:
    """Returns a model as Keras 3 describes it.

    Args:
        config: As Keras 2 described it, or Keras 3 where it writes HDF5.
        shapes: The shapes of its weights, by their names.

    Raises:
        RefusedError: It is nested too deep.
    """
    new = _told(config)
    for item in objects(new):
        if item["class_name"] == "Normalization":
            _size_up(item, shapes)
    return new


def _size_up(item: Config, shapes: dict[str, tuple[int, ...]]) -> None:
    """Says how many features are normalised: the layer's mean is as long."""
    inside = item["config"] if isinstance(item["config"], dict) else {}
    axis = inside.get("axis")
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if not isinstance(axis, int) or not -1 <= axis <= _MOST_AXES:
        return
    means = {f"/{name}".partition(":")[0]: shapes[name] for name in shapes}
    means = {name: means[name] for name in means if name.endswith("/mean")}
    own = {name for name in means if name.endswith(f"/{inside.get('name')}/mean")}
    sizes = {means[name] for name in own or means}
    if len(sizes) == 1 and len(shape := sizes.pop()) == 1:
        before = [None] * (axis if axis > 0 else 1)
        item["build_config"] = {"input_shape": [*before, *shape]}


def _told(item: Any) -> Any:
    """Returns a layer or a model as Keras 3 describes it.

    Names are looked up by where they stand, and left as they are if none is known.
    """
    if isinstance(item, list):
        return [_told(one) for one in item]
    if not isinstance(item, dict) or not isinstance(item.get("class_name"), str):
        return item
    name, inside = item["class_name"], item.get("config")
    if name == "Sequential" and isinstance(inside, list):
        inside = {"name": item.get("name", "sequential"), "layers": inside}
    new = {**item, **_origin(name, item), "config": inside}
    new.pop("shared_object_id", None)
    if not isinstance(inside, dict):
        return new
    if isinstance(inside.get("layers"), list):
        new["config"] = _model(name, inside)
    else:
        new["config"] = _told_settings(new["class_name"], inside)
    new["config"].update({key: _told(inside[key]) for key in _INSIDE if key in inside})
    return _named(new)


def _origin(name: str, item: Config) -> Config:
    module = str(item.get("module", "keras."))
    if name in _MODELS and module.startswith("keras."):
        module, name = _MODELS[name]
        return {"module": module, "class_name": name, "registered_name": name}
    if "module" in item:
        return {}
    if name in OURS:
        bare = name.partition(">")[2]
        return {"module": None, "class_name": bare, "registered_name": name}
    known = "keras.layers" if name in _NAMES else None
    return {"module": known, "registered_name": None}


def _model(kind: str, inside: Config) -> Config:
    layers = [_told(layer) for layer in inside["layers"]]
    if kind == "Sequential":
        return {**inside, "layers": [*_input_of(inside["layers"]), *layers]}
    layers = [_told_nodes(layer, layers) for layer in layers]
    return {**inside, "layers": layers, **_told_places(inside, layers)}


def _input_of(layers: list[Any]) -> list[Config]:
    """Returns the input that the first layer of a Sequential used to bring itself."""
    first = layers[0] if layers and isinstance(layers[0], dict) else {}
    inside = first.get("config")
    if first.get("class_name") == "InputLayer" or not isinstance(inside, dict):
        return []
    shape, dtype = inside.get("batch_input_shape"), inside.get("dtype")
    if shape is None:
        return []
    dtype = dtype if isinstance(dtype, str) else None
    name = f"{inside.get('name')}_input"
    settings = {"batch_shape": shape, "dtype": dtype, "name": name}
    return [_told({"class_name": "InputLayer", "config": settings})]


def _named(item: Config) -> Config:
    """Keras 3 takes no slash in a layer's name."""
    for place in (item, item["config"]):
        if isinstance(place.get("name"), str):
            place["name"] = place["name"].replace("/", "_")
    return item


# What Keras 3 does not know, and what it means nothing at.
_NEUTRAL = {"groups": 1, "time_major": False, "noise_shape": None}
_GROUPED = ("Conv1D", "Conv2D", "Conv3D")
# What follows from the input, or was of no use.
_IDLE = {
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape"),
    "SeparableConv1D": (
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
    ),
    "SpatialDropout1D": ("trainable",),
}
_IDLE["SeparableConv2D"] = _IDLE["SeparableConv1D"]
_IDLE["SpatialDropout2D"] = _IDLE["SpatialDropout3D"] = _IDLE["SpatialDropout1D"]
_SETTINGS = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
}


def _told_settings(name: str, inside: Config) -> Config:
    """Returns a layer's settings as Keras 3 describes them."""
    idle = _IDLE.get(name, ())
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
        return name not in _GROUPED and value == 1
    return key == "time_major" and value is False


def _setting(key: str, value: Any) -> Any:
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    inside = value.get("config")
    if key == "dtype" and value["class_name"] == "Policy":
        return _policy(inside)
    if "module" in value:
        return value
    module = _SETTINGS.get(key.rpartition("_")[2])
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


# Keras 2 counted the call that made a model, and Keras 3 does not.
_COUNTED = ("Functional", "Sequential")


def _told_nodes(layer: Any, layers: list[Any]) -> Any:
    """Returns a layer with its calls as Keras 3 describes them."""
    nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
    if not isinstance(nodes, list):
        return layer
    models = _models(layers)
    told = [_call(node, models) if isinstance(node, list) else node for node in nodes]
    return {**layer, "inbound_nodes": told}


def _told_places(inside: Config, layers: list[Any]) -> Config:
    """Returns where a model begins and ends."""
    sequential = {name for name, kind in _models(layers).items() if kind != _COUNTED[0]}
    found = {}
    for key in ("input_layers", "output_layers"):
        places = inside.get(key)
        if not isinstance(places, list) or not all(map(_is_place, places)):
            continue  # Keras 3 wrote it
        told = [[_name(at[0]), at[1] - (at[0] in sequential), at[2]] for at in places]
        found[key] = told[0] if len(told) == 1 else told
    return found


def _models(layers: list[Any]) -> dict[str, str]:
    return {
        str(layer.get("name")): layer["class_name"]
        for layer in layers
        if isinstance(layer, dict) and layer.get("class_name") in _COUNTED
    }


def _call(node: list[Any], models: dict[str, str]) -> Config:
    inputs = [_placed(place[:3], models) for place in node if isinstance(place, list)]
    last = node[-1] if node else None
    named = last[3] if isinstance(last, list) and len(last) > 3 else {}
    return {
        "args": [inputs[0] if len(inputs) == 1 else inputs],
        "kwargs": _placed(named, models),
    }


def _placed(value: Any, models: dict[str, str]) -> Any:
    if _is_place(value):
        name = _name(value[0])
        history = [name, value[1] - (name in models), value[2]]
        inside = {"shape": [], "dtype": "float32", "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": inside}
    if isinstance(value, list):
        return [_placed(one, models) for one in value]
    if isinstance(value, dict):
        return {key: _placed(one, models) for key, one in value.items()}
    return value


def _is_place(value: Any) -> bool:
    kinds = [type(one) for one in value] if isinstance(value, list) else []
    return kinds == [str, int, int]


def _name(name: str) -> str:
    return name.replace("/", "_")
