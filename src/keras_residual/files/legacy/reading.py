"""Reads a whole model out of an HDF5 file: what it says it is, and its arrays."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import open_regular
from keras_residual.files.archive import LARGEST_TEXT, parse_json
from keras_residual.files.errors import BUILD, DAMAGED, RefusedError, shown
from keras_residual.files.heaps import check_heaps
from keras_residual.files.legacy.losses import told_loss
from keras_residual.files.weights import arrays, check_library

WEIGHTS = "model_weights"
# Names, headers and the description: all that is not arrays.
LARGEST_REST = 4 * LARGEST_TEXT


@dataclass(frozen=True)
class Saved:
    """What the file of a whole model holds.

    Args:
        config: The model, as the Keras that wrote it describes it.
        version: That Keras.
        backend: What it computed with.
        trained: How it was compiled.
        weights: Arrays by their names, which begin with that of the layer.
    """

    config: dict[str, Any]
    version: str
    backend: str
    trained: dict[str, Any]
    weights: dict[str, np.ndarray] = field(repr=False)


def read_saved(path: Path) -> Saved:
    """Reads an HDF5 file that holds a model; nothing in it is run.

    Args:
        path: A regular file.

    Raises:
        RefusedError: It is damaged, holds weights alone, or holds what Keras does not
            write: links, arrays that live elsewhere, arrays larger than the file.
    """
    check_library()
    with open_regular(path) as whole:
        data = io.BytesIO(whole.read())
    try:
        check_heaps(data.getbuffer())
        with h5py.File(data, "r") as file:
            return _read(file, data.getbuffer().nbytes)
    except RefusedError:
        raise
    except ForeignError as error:
        raise RefusedError(
            "it is not as Keras writes it.",
            given=str(error),
            needed="A model is texts and plain arrays of numbers, whole in the file.",
            write='model.save("model.keras") with Keras, where you have the model',
        ) from error
    except Exception as error:  # h5py raises eight kinds of a damaged file
        raise RefusedError(
            "the file is damaged.",
            given=f"{data.getbuffer().nbytes} bytes: {shown(error)}",
            needed="An HDF5 file is whole to the last byte.",
            write=DAMAGED,
        ) from error


def _read(file: h5py.File, size: int) -> Saved:
    held = {str(one.name): one for one in arrays(file, lists=("layer", "weight"))}
    rest = size - sum(one.nbytes for one in held.values())
    if not 0 <= rest <= LARGEST_REST:
        raise ForeignError(f"{rest} bytes that are no arrays")
    if "model_config" not in file.attrs:
        raise RefusedError(
            "it holds no model.",
            given="an HDF5 file of weights alone",
            needed="The file of a model describes its layers in model_config.",
            write=BUILD,
        )
    config = parse_json(_text(file, "model_config").encode(), "model_config")
    version, backend = (
        _text(file, name) if name in file.attrs else "1"
        for name in ("keras_version", "backend")
    )
    return Saved(config, version, backend, _trained(file), _weights(held))


def _text(item: h5py.Group, name: str) -> str:
    """Reads an attribute that is one text."""
    attribute = item.attrs.get_id(name)
    if attribute.shape != () or attribute.dtype.kind not in "SO":
        raise ForeignError(f"attribute {name} that is no text")
    value = item.attrs[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def _trained(file: h5py.File) -> dict[str, Any]:
    if "training_config" not in file.attrs:
        return {}
    text = _text(file, "training_config").encode()
    trained = parse_json(text, "training_config")
    if isinstance(trained, dict):
        trained = {**trained, "loss": told_loss(trained.get("loss"))}
    return {"compile_config": trained}


def _weights(held: dict[str, h5py.Dataset]) -> dict[str, np.ndarray]:
    """Reads the arrays of the model; those of its optimizer stay where they are."""
    start = f"/{WEIGHTS}/"
    return {
        path.removeprefix(start): one[()]
        for path, one in held.items()
        if path.startswith(start)
    }
