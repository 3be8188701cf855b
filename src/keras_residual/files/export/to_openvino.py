"""OpenVINO, by way of ONNX.

Keras's own way ends for JAX at an operation that OpenVINO does not know, and forgets
the shapes of the inputs on PyTorch (Keras 3.15.1, OpenVINO 2026.4).
"""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import keras

from keras_residual.files.export import to_onnx
from keras_residual.files.export.runtime import Arrays, Runtime, by_name


def write(model: keras.Model, path: Path) -> None:
    """Writes a model as an .xml with the graph and a .bin with the weights.

    Args:
        model: A model that may be changed.
        path: Ends in .xml.
    """
    openvino = _openvino()
    with tempfile.TemporaryDirectory() as folder:
        between = Path(folder) / "model.onnx"
        to_onnx.write(model, between)
        graph = _core().read_model(between)
        openvino.save_model(graph, path, compress_to_fp16=False)


def read(path: Path, model: keras.Model) -> Runtime:
    """Opens a file in OpenVINO, on the CPU in single precision.

    Args:
        path: What `write` wrote.
        model: What it was made of.
    """
    openvino = _openvino()
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = _core().compile_model(path, "CPU", settings)
    names = [entry.any_name for entry in compiled.inputs]

    def run(arrays: Arrays) -> list:
        made = compiled(by_name(model, names, arrays))
        return [made[output] for output in compiled.outputs]

    return Runtime(f"OpenVINO {openvino.__version__.partition('-')[0]}", run)


@cache
def _core() -> Any:
    """Opens files; it is made once, and stays.

    Each that is made gives signals a stack of its own, and each that goes puts back
    what it found, which may be gone by then: the next Ctrl-C would end the process with
    a segmentation fault (OpenVINO 2026.4).
    """
    return _openvino().Core()


def _openvino() -> Any:
    """Imports OpenVINO, and not what it reports its users with.

    Imported with it, it tells Google Analytics, from a fork of this process.
    """
    reporter = "openvino_telemetry"
    if "openvino" in sys.modules or reporter in sys.modules:
        return import_module("openvino")  # somebody else's choice
    sys.modules[reporter] = None  # pyright: ignore[reportArgumentType]
    try:
        return import_module("openvino")
    finally:
        del sys.modules[reporter]
