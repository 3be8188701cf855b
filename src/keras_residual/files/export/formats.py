"""What a model can be written as, where, with what; and what else where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.common.extras import missing
from keras_residual.files.export import to_litert, to_onnx, to_openvino, to_savedmodel
from keras_residual.graph.graph import Graph, Op


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


def _on_backend(backend: str) -> dict[str, str]:
    """Returns how one says that Keras is to compute with a backend."""
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
            **_on_backend(next(iter(asked.packages))),
        )
    lacks = [name for name in asked.packages[backend] if find_spec(name) is None]
    if lacks:
        name = "tensorflow" if lacks == ["tensorflow"] else "export"
        raise missing(f"Exporting to {asked.name}", ", ".join(lacks), name)


_LOOPS = frozenset({"Bidirectional", "ConvLSTM2D", "GRU", "LSTM", "SimpleRNN"})
_RESIZES = frozenset({"Resizing", "UpSampling2D"})
TAKEN = frozenset(
    {
        *("Activation", "Add", "Average", "AveragePooling1D", "AveragePooling2D"),
        *("BatchNormalization", "Concatenate", "Conv1D", "Conv2D", "Conv2DTranspose"),
        *("Cropping2D", "Dense", "DepthwiseConv2D", "Dropout", "EinsumDense"),
        *("Embedding", "Flatten", "GlobalAveragePooling1D", "GlobalAveragePooling2D"),
        *("GlobalMaxPooling2D", "InputLayer", "LayerNormalization", "MaxPooling1D"),
        *("MaxPooling2D", "Maximum", "MultiHeadAttention", "Multiply", "ReLU"),
        *("Rescaling", "Reshape", "SeparableConv2D", "Softmax", "Subtract"),
        "ZeroPadding2D",
    }
)
"""The layers that every backend writes to ONNX, if their sizes are known."""
ALSO = {
    "tensorflow": _LOOPS
    | {"Conv3D", "Conv3DTranspose", "MaxPooling3D", "UpSampling2D"},
    "jax": frozenset({"ConvLSTM2D", "Discretization", "GRU", "LSTM"}),
    "torch": _RESIZES | {"Bidirectional", "ConvLSTM2D", "Discretization", "LSTM"},
}
"""Those that it writes besides, for each backend."""


def way_out(model: keras.Model, asked: Format, backend: str) -> dict[str, str]:
    """Returns what an error says to write instead; tests follow it, on each backend.

    Args:
        model: What was refused.
        asked: The format.
        backend: What Keras ran on.

    Examples:
        >>> x = keras.Input((4, 4, 4, 1))
        >>> model = keras.Model(x, keras.layers.Conv3D(2, 3)(x))
        >>> way_out(model, FORMATS[0], "torch")["write"]
        'KERAS_BACKEND=tensorflow in front of the command'
    """
    ops = [op for op in Graph(model).ops if op.kind not in ("identity", "slice")]
    for other in asked.packages:
        if other != backend and _takes(ops, asked, other):
            needed = f"Keras on {other} has a converter that takes these layers."
            return {"needed": needed, **_on_backend(other)}
    if asked.name == "savedmodel":
        return {
            "needed": "No converter here takes it, and none is needed to run it in "
            "Keras.",
            "write": 'model.save("model.keras")',
        }
    able = backend in FORMATS[-1].packages
    before = "" if able else "KERAS_BACKEND=tensorflow in front of "
    return {
        "needed": "No converter here is known to write this format of it; TensorFlow "
        "runs it.",
        "write": f'{before}export(model, "model"), a SavedModel',
        "option": f"{'' if able else '--backend tensorflow '}--format savedmodel",
    }


def _takes(ops: list[Op], asked: Format, backend: str) -> bool:
    """Says whether it is known that a backend writes these operations."""
    if asked.name == "savedmodel":
        return backend == "tensorflow"
    known = TAKEN | ALSO[backend]
    if asked.name == "openvino":
        known -= _LOOPS | _RESIZES
    sized = backend == "tensorflow" or not any(None in op.shape[1:] for op in ops)
    return sized and all(
        _is_known(op.layer, known) and _is_written(op.dtype, asked, backend)
        for op in ops
    )


def _is_known(operation: object, known: frozenset[str]) -> bool:
    plain = type(operation).__module__.partition(".")[0] in ("keras", "keras_residual")
    quantised = getattr(operation, "quantization_mode", None)
    return plain and quantised is None and type(operation).__name__ in known


def _is_written(dtype: str, asked: Format, backend: str) -> bool:
    # ONNX Runtime has few operations of float64, and JAX computes it in float32.
    double = asked.name == "openvino" and backend != "jax"
    return dtype in ("float32", "float16", "int32", "bool") + ("float64",) * double
