"""Says in the words of Keras 3 which tensors a layer of Keras 2 was called on."""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]
# Keras 2 counted the call that made a model, and Keras 3 does not.
MODELS = ("Functional", "Sequential")


def told_nodes(layer: Any, layers: list[Any]) -> Any:
    """Returns a layer with its calls as Keras 3 describes them.

    Args:
        layer: The layer; calls that are described so already stay.
        layers: All layers of its model.
    """
    nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
    if not isinstance(nodes, list):
        return layer
    models = _models(layers)
    told = [_call(node, models) if isinstance(node, list) else node for node in nodes]
    return {**layer, "inbound_nodes": told}


def told_places(inside: Config, layers: list[Any]) -> Config:
    """Returns where a model begins and ends.

    Args:
        inside: What the model says of itself.
        layers: All layers of it, as Keras 3 describes them.
    """
    sequential = {name for name, kind in _models(layers).items() if kind != MODELS[0]}
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
        if isinstance(layer, dict) and layer.get("class_name") in MODELS
    }


def _call(node: list[Any], models: dict[str, str]) -> Config:
    inputs = [_told(place[:3], models) for place in node if isinstance(place, list)]
    last = node[-1] if node else None
    named = last[3] if isinstance(last, list) and len(last) > 3 else {}
    return {
        "args": [inputs[0] if len(inputs) == 1 else inputs],
        "kwargs": _told(named, models),
    }


def _told(value: Any, models: dict[str, str]) -> Any:
    if _is_place(value):
        name = _name(value[0])
        history = [name, value[1] - (name in models), value[2]]
        inside = {"shape": [], "dtype": "float32", "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": inside}
    if isinstance(value, list):
        return [_told(one, models) for one in value]
    if isinstance(value, dict):
        return {key: _told(one, models) for key, one in value.items()}
    return value


def _is_place(value: Any) -> bool:
    kinds = [type(one) for one in value] if isinstance(value, list) else []
    return kinds == [str, int, int]


def _name(name: str) -> str:
    return name.replace("/", "_")
