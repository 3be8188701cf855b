"""Where a model is written that a converter refuses: what is known to work."""

from __future__ import annotations

import keras

from keras_residual.files.export.formats import FORMATS, Format, on_backend
from keras_residual.graph.graph import Graph, Op

LOOPS = frozenset({"Bidirectional", "ConvLSTM2D", "GRU", "LSTM", "SimpleRNN"})
RESIZES = frozenset({"Resizing", "UpSampling2D"})
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
    "tensorflow": LOOPS | {"Conv3D", "Conv3DTranspose", "MaxPooling3D", "UpSampling2D"},
    "jax": frozenset({"ConvLSTM2D", "Discretization", "GRU", "LSTM"}),
    "torch": RESIZES | {"Bidirectional", "ConvLSTM2D", "Discretization", "LSTM"},
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
            return {"needed": needed, **on_backend(other)}
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
        known -= LOOPS | RESIZES
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
