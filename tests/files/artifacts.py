"""Makes `.keras` files to order, good ones and bad ones."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
Members = dict[str, bytes]
# Makes a file in a folder, with the members of a good one at hand; returns its path.
Case = Callable[[Path, Members], Path]


class Run:
    """A pickle that imports the canary."""

    def __reduce__(self):
        return (__import__, ("canary_module",))


PICKLE = pickle.dumps(Run(), protocol=4)


def small_model() -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    branch = keras.layers.Dense(4, activation="relu", name="branch")(inputs)
    branch = keras.layers.BatchNormalization(name="norm")(branch)
    outputs = keras.layers.Add(name="merge")([inputs, branch])
    return keras.Model(inputs, outputs, name="small")


def read(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: Members, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def small_members(folder: Path) -> Members:
    path = folder / "good.keras"
    if not path.exists():
        small_model().save(path)
    return read(path)


def with_config(members: Members, change: Callable[[Any], Any]) -> Members:
    """Returns the members with a changed description; `change` may edit in place."""
    config = json.loads(members[CONFIG])
    changed = change(config)
    text = json.dumps(config if changed is None else changed)
    return {**members, CONFIG: text.encode()}


def with_weights(members: Members, change: Callable[[h5py.File], object]) -> Members:
    """Returns the members with changed weights; `change` edits the open file."""
    weights = io.BytesIO(members[WEIGHTS])
    with h5py.File(weights, "r+") as file:
        change(file)
    return {**members, WEIGHTS: weights.getvalue()}


def layer(config: Any, name: str) -> Any:
    return next(x for x in config["config"]["layers"] if x["name"] == name)


def dense(units: int, **changes: Any) -> Callable[[Any], None]:
    """Returns a change that gives the Dense layer of the small model other settings."""

    def change(config: Any) -> None:
        layer(config, "branch")["config"].update({"units": units, **changes})

    return change


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, PICKLE)
    return file.getvalue()
