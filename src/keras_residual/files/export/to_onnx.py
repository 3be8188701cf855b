"""ONNX, and ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import keras

from keras_residual.files.export.onnx_folds import (
    fold_pads,
    fold_transposes,
    simplified,
)
from keras_residual.files.export.onnx_repairs import (
    fix_batch,
    name_ends,
    repair,
    state_sizes,
)
from keras_residual.files.export.runtime import Arrays, Runtime, by_name, outputs_of


def write(model: keras.Model, path: Path) -> None:
    """Writes a model as one file.

    Args:
        model: A model that may be changed.
        path: Ends in .onnx.
    """
    import onnx

    model.export(path, format="onnx", verbose=False)
    proto = onnx.load(path)
    fix_batch(proto, model.inputs[0].shape[0])
    state_sizes(proto)
    repair(proto)
    path.with_name(f"{path.name}.data").unlink(missing_ok=True)  # read by now
    proto = simplified(proto)
    fold_pads(proto.graph)
    fold_transposes(proto.graph)
    name_ends(proto.graph, [tensor.name for tensor in model.inputs], outputs_of(model))
    onnx.save(proto, path)


def read(path: Path, model: keras.Model) -> Runtime:
    """Opens a file in ONNX Runtime.

    Args:
        path: What `write` wrote.
        model: What it was made of.
    """
    import onnx
    import onnxruntime

    # It refuses what the runtime would follow out of the folder.
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path)
    names = [entry.name for entry in session.get_inputs()]

    def run(arrays: Arrays) -> list:
        return list(session.run(None, by_name(model, names, arrays)))

    return Runtime(f"ONNX Runtime {onnxruntime.__version__}", run)
