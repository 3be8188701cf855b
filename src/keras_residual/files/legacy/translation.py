"""Says what Keras 2 wrote in the words of Keras 3; what is in it is checked after."""

from __future__ import annotations

from typing import Any

from keras_residual._keras import SOURCE
from keras_residual.files.allowed import LAYERS, OURS
from keras_residual.files.config import Config, objects
from keras_residual.files.legacy.graph import told_nodes, told_places
from keras_residual.files.legacy.settings import told_settings

NAMES = frozenset(LAYERS.split())
MODELS = {
    "Model": (f"{SOURCE}models.functional", "Functional"),
    "Functional": (f"{SOURCE}models.functional", "Functional"),
    "Sequential": ("keras", "Sequential"),
}
MOST_AXES = 8
# Where a layer holds others.
INSIDE = ("layer", "backward_layer", "cell", "cells")


def translate(config: Config, shapes: dict[str, tuple[int, ...]]) -> Config:
    """Returns a model as Keras 3 describes it.

    Args:
        config: As Keras 2 described it, or Keras 3 where it writes HDF5.
        shapes: The shapes of its weights, by their names.

    Raises:
        RefusedError: It is nested too deep.
    """
    new = told(config)
    for item in objects(new):
        if item["class_name"] == "Normalization":
            _size_up(item, shapes)
    return new


def _size_up(item: Config, shapes: dict[str, tuple[int, ...]]) -> None:
    """Says how many features are normalised: the layer's mean is as long."""
    inside = item["config"] if isinstance(item["config"], dict) else {}
    axis = inside.get("axis")
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if not isinstance(axis, int) or not -1 <= axis <= MOST_AXES:
        return
    means = {f"/{name}".partition(":")[0]: shapes[name] for name in shapes}
    means = {name: means[name] for name in means if name.endswith("/mean")}
    own = {name for name in means if name.endswith(f"/{inside.get('name')}/mean")}
    sizes = {means[name] for name in own or means}
    if len(sizes) == 1 and len(shape := sizes.pop()) == 1:
        before = [None] * (axis if axis > 0 else 1)
        item["build_config"] = {"input_shape": [*before, *shape]}


def told(item: Any) -> Any:
    """Returns a layer or a model as Keras 3 describes it.

    Names are looked up by where they stand, and left as they are if none is known.

    Args:
        item: As Keras 2 described it, or Keras 3 where it writes HDF5.
    """
    if isinstance(item, list):
        return [told(one) for one in item]
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
        new["config"] = told_settings(new["class_name"], inside)
    new["config"].update({key: told(inside[key]) for key in INSIDE if key in inside})
    return _named(new)


def _origin(name: str, item: Config) -> Config:
    module = str(item.get("module", "keras."))
    if name in MODELS and module.startswith("keras."):
        module, name = MODELS[name]
        return {"module": module, "class_name": name, "registered_name": name}
    if "module" in item:
        return {}
    if name in OURS:
        bare = name.partition(">")[2]
        return {"module": None, "class_name": bare, "registered_name": name}
    known = "keras.layers" if name in NAMES else None
    return {"module": known, "registered_name": None}


def _model(kind: str, inside: Config) -> Config:
    layers = [told(layer) for layer in inside["layers"]]
    if kind == "Sequential":
        return {**inside, "layers": [*_input_of(inside["layers"]), *layers]}
    layers = [told_nodes(layer, layers) for layer in layers]
    return {**inside, "layers": layers, **told_places(inside, layers)}


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
    return [told({"class_name": "InputLayer", "config": settings})]


def _named(item: Config) -> Config:
    """Keras 3 takes no slash in a layer's name."""
    for place in (item, item["config"]):
        if isinstance(place.get("name"), str):
            place["name"] = place["name"].replace("/", "_")
    return item
