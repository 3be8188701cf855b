"""The sizes that an ONNX graph resizes pictures to."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_residual.files.export.onnx_graph.wires import Wires


def state_sizes(proto: Any) -> None:
    """Lets a `Resize` say its sizes where its factors miss them by rounding.

    From 9 to 13 pixels tf2onnx 1.17 notes a factor of 13 / 9, and 9 times what is left
    of that in single precision is less than 13.

    Args:
        proto: An `onnx.ModelProto`; it is changed.
    """
    wires = Wires(proto.graph)
    for node in [node for node in proto.graph.node if node.op_type == "Resize"]:
        factors = wires.numbers([*node.input, "", ""][2])
        if factors is None or not factors.size:
            continue
        sizes = _sizes(proto, node.input[0])
        made = sizes * factors[2:].astype(np.float64)
        if sizes.all() and (np.floor(made) != np.rint(made)).any():
            _state(proto.graph, node, np.rint(made).astype(np.int64))


def _sizes(proto: Any, name: str) -> np.ndarray:
    """Returns height and width of a tensor; 0 where they are not known."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(proto).graph
    known = {entry.name: entry for entry in (*graph.input, *graph.value_info)}
    if name not in known:
        return np.zeros(2)
    shape = known[name].type.tensor_type.shape.dim
    return np.array([size.dim_value for size in shape[2:]], np.float64)


def _state(graph: Any, node: Any, sizes: np.ndarray) -> None:
    """Joins batch and channels of the input with sizes, and gives them to a node."""
    from onnx import helper, numpy_helper

    (made,) = node.output
    constants = {"zero": np.array([0]), "two": np.array([2]), "sizes": sizes}
    names = {key: f"{made}_{key}" for key in (*constants, "shape", "front", "all")}
    for key, numbers in constants.items():
        graph.initializer.append(numpy_helper.from_array(numbers, names[key]))
    steps = [
        ("Shape", [node.input[0]], "shape", {}),
        ("Slice", [names["shape"], names["zero"], names["two"]], "front", {}),
        ("Concat", [names["front"], names["sizes"]], "all", {"axis": 0}),
    ]
    place = list(graph.node).index(node)
    for kind, given, key, settings in reversed(steps):
        step = helper.make_node(kind, given, [names[key]], **settings)
        graph.node.insert(place, step)
    node.input[:] = [*node.input[:2], "", names["all"]]
