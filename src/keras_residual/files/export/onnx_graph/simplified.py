"""An ONNX graph without what it can do without."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def simplified(proto: Any) -> Any:
    """Returns a graph after the basic rewrites of ONNX Runtime, which fit any machine.

    Constants are computed, and casts to the same type and transposes that undo each
    other are gone. Converters leave hundreds of them; OpenVINO runs them all, and takes
    twice as long.

    Args:
        proto: An `onnx.ModelProto`.

    Returns:
        Another one, or the same where the runtime does not read it.
    """
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    basic = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.graph_optimization_level = basic
    with TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "model.onnx")
        try:
            onnxruntime.InferenceSession(proto.SerializeToString(), options)
        except Exception:  # its own; it says so again when the file is read
            return proto
        found = onnx.load(options.optimized_model_filepath)
    known = {entry.domain: entry for entry in proto.opset_import}
    kept = [entry for entry in found.opset_import if entry.domain in known]
    del found.opset_import[:]
    found.opset_import.extend(kept)
    return found
