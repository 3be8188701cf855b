"""Writes whole models in HDF5 as Keras 2 did, from descriptions in its words."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Arrays = dict[str, np.ndarray]
RNG = np.random.default_rng(0)


def layer(kind: str, name: str, *inputs: Any, **settings: Any) -> dict:
    """Describes a layer that is called once, on `inputs`: names, or (name, node)."""
    places = [[i, 0, 0, {}] if isinstance(i, str) else [*i, 0, {}] for i in inputs]
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, "trainable": True, "dtype": "float32", **settings},
        "inbound_nodes": [places] if places else [],
    }


def start(name: str, *shape: int | None) -> dict:
    return layer("InputLayer", name, batch_input_shape=[None, *shape], sparse=False)


def functional(name: str, layers: list, last: str, node: int = 0) -> dict:
    inside = {
        "name": name,
        "layers": layers,
        "input_layers": [[layers[0]["name"], 0, 0]],
        "output_layers": [[last, node, 0]],
    }
    return {"class_name": "Model", "config": inside}


def called(model: dict, *inputs: str) -> dict:
    name = model["config"]["name"]
    return {**layer("Model", name, *inputs), **model}


def write(
    path: Path, config: Any, arrays: Arrays, version: str = "2.2.4", **attributes: Any
) -> Path:
    """Writes a file; the names of arrays begin with that of the group."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["keras_version"] = version.encode()
        file.attrs["backend"] = b"tensorflow"
        file.attrs.update(attributes)
        top = file.create_group("model_weights")
        groups = dict.fromkeys(name.partition("/")[0] for name in arrays)
        top.attrs["layer_names"] = [name.encode() for name in groups]
        for name, array in arrays.items():
            top[name] = array
        for group in groups:
            own = [n.partition("/")[2] for n in arrays if n.startswith(f"{group}/")]
            top[group].attrs["weight_names"] = [name.encode() for name in own]
    return path


def numbers(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


def norm(group: str, owner: str, size: int) -> Arrays:
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    found = {f"{group}/{owner}/{name}:0": numbers(size) for name in names}
    found[f"{group}/{owner}/moving_variance:0"] **= 2
    return found


def small() -> tuple[dict, Arrays]:
    """A residual unit in a nested model of which two norms look alike, and a head."""
    block = functional(
        "block",
        [
            start("in", 4),
            layer("BatchNormalization", "b", "in", axis=[1], epsilon=0.001),
            layer("Dense", "d", "b", units=4, activation="linear", use_bias=False),
            layer("BatchNormalization", "a", "d", axis=[1], epsilon=0.001),
            layer("Add", "sum", "a", "in"),
        ],
        "sum",
    )
    layers = [start("x", 4), called(block, "x")]
    layers.append(layer("Dense", "head", ("block", 1), units=2, activation="softmax"))
    arrays = {
        **norm("block", "b", 4),
        **norm("block", "a", 4),
        "block/d/kernel:0": numbers(4, 4),
        # TensorFlow counted on where a graph had the name already.
        "head/head_1/kernel:0": numbers(4, 2),
        "head/head_1/bias:0": numbers(2),
    }
    return functional("model_1", layers, "head"), arrays
