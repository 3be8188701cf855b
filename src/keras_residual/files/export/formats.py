"""What a model can be written as, where, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.common.extras import missing
from keras_residual.files.export import (
    to_litert,
    to_onnx,
    to_openvino,
    to_savedmodel,
)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Args:
        name: Its name.
        suffix: What its files end in.
        module: Writes and reads it.
        tolerance: How far from Keras it may be, in proportion to the output.
        packages: What writes and reads it, for each backend that can.
    """

    name: str
    suffix: str
    module: ModuleType
    tolerance: float
    packages: dict[str, tuple[str, ...]]


_WRITERS = {
    "tensorflow": ("onnx", "onnxruntime", "tf2onnx"),
    "jax": ("onnx", "onnxruntime", "jax2onnx"),
    "torch": ("onnx", "onnxruntime"),
}
FORMATS = (
    Format("onnx", ".onnx", to_onnx, 1e-5, _WRITERS),
    Format(
        "openvino",
        ".xml",
        to_openvino,
        1e-4,
        {backend: (*needs, "openvino") for backend, needs in _WRITERS.items()},
    ),
    Format("litert", ".tflite", to_litert, 1e-4, {"tensorflow": ("tensorflow",)}),
    Format(
        "savedmodel",
        "",
        to_savedmodel,
        1e-5,
        dict.fromkeys(("tensorflow", "jax"), ("tensorflow",)),
    ),
)
"""Every format, with the bars that its files are held to."""


def format_for(path: Path) -> Format:
    """Returns the format that a path asks for, if it can be written there and here.

    Args:
        path: Where the file shall be.

    Raises:
        ResidualError: No format ends like this, the place is taken or is nowhere, or
            the backend cannot write it.
        PackageError: A package is missing.
    """
    for one in FORMATS:
        if one.suffix == path.suffix:
            refuse_place(path)
            _refuse_backend(one)
            return one
    known = ", ".join(f"{one.suffix or 'no suffix'} ({one.name})" for one in FORMATS)
    raise ResidualError(
        "export: no format ends like this.",
        given=path,
        needed=f"The suffix says the format: {known}.",
        write=f"export(model, {str(path.with_suffix('.onnx'))!r})",
    )


def refuse_place(path: Path) -> None:
    """Refuses to write over what exists, and where there is no folder.

    Args:
        path: Where the file shall be.

    Raises:
        ResidualError: The place is taken or is nowhere.
    """
    files = [path, path.with_suffix(".bin")] if path.suffix == ".xml" else [path]
    taken = [str(file) for file in files if file.exists()]
    if taken or not path.parent.is_dir():
        why, other = "it has no folder", Path(path.name)
        if taken:
            why = f"{taken[0]} exists"
            other = path.parent / f"{path.stem or 'model'}-2{path.suffix}"
        raise ResidualError(
            "export: the place does not fit.",
            given=f"{path}; {why}",
            needed="A model is exported to a new file, in a folder that exists.",
            write=f"export(model, {str(other)!r})",
        )


def on_backend(backend: str) -> dict[str, str]:
    """Returns how one says that Keras is to compute with a backend.

    Args:
        backend: Its name.
    """
    return {
        "write": f"KERAS_BACKEND={backend} in front of the command",
        "option": f"--backend {backend}",
    }


def _refuse_backend(asked: Format) -> None:
    backend = keras.config.backend()
    if backend not in asked.packages:
        able = " and ".join(asked.packages)
        raise ResidualError(
            "export: this backend does not write the format.",
            given=f"{asked.name}, with Keras on {backend}",
            needed=f"Keras writes it on {able}; a saved model opens on each.",
            **on_backend(next(iter(asked.packages))),
        )
    lacks = [name for name in asked.packages[backend] if find_spec(name) is None]
    if lacks:
        name = "tensorflow" if lacks == ["tensorflow"] else "export"
        raise missing(f"Exporting to {asked.name}", ", ".join(lacks), name)
