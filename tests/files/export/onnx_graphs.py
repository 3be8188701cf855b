"""Small ONNX graphs, and ONNX Runtime without its own rewrites."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed; BACKEND=all installs it")
runtime = pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed; BACKEND=all installs it"
)
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


def graph(nodes, constants, shape):
    """Builds a graph that reads `x` and makes `y`, and `z` where a node does."""
    made = [out for node in nodes for out in node.output if out in ("y", "z")]
    value = helper.make_tensor_value_info
    return helper.make_model(
        helper.make_graph(
            nodes,
            "graph",
            [value("x", TensorProto.FLOAT, shape)],
            [value(out, TensorProto.FLOAT, None) for out in made],
            [numpy_helper.from_array(array, key) for key, array in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )


def kinds(proto):
    return [node.op_type for node in proto.graph.node]


def answers(proto, x):
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = runtime.InferenceSession(proto.SerializeToString(), options)
    return session.run(None, {"x": x})


def assert_unchanged(change, proto, shape):
    """Changes a graph, and compares what it made before with what it makes then."""
    x = np.random.default_rng(1).standard_normal(shape).astype("float32")
    before = answers(proto, x)
    change(proto.graph)
    for old, new in zip(before, answers(proto, x), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-6, atol=1e-6)
