"""Means in an ONNX graph, taken over the axes as they lie."""

from __future__ import annotations

from typing import Any

from keras_residual.files.export.onnx_graph.wires import Wires, settings_of, tidy

_ONE_BY_ONE = ("Clip", "Elu", "LeakyRelu", "Relu", "Sigmoid", "Tanh")


def fold_transposes(graph: Any) -> None:
    """Lets a mean over the pixels read what was transposed for it.

    ONNX Runtime moves axes only where two transpositions then undo each other. Behind
    the last convolution there is none but the mean, which can do without.

    Args:
        graph: An `onnx.GraphProto`; it is changed.
    """
    wires = Wires(graph)
    for node in list(graph.node):
        if node.op_type == "ReduceMean" and not settings_of(node).get("keepdims", 1):
            _fold(graph, wires, node)
    tidy(graph)


def _fold(graph: Any, wires: Wires, node: Any) -> None:
    reader = node
    while (before := wires.own(reader.input[0], *_ONE_BY_ONE)) is not None:
        reader = before
    turned = wires.own(reader.input[0], "Transpose")
    axes = wires.numbers(node.input[1]) if len(node.input) > 1 else None
    if turned is None or axes is None:
        return
    order = settings_of(turned)["perm"]
    over = {order[axis] for axis in axes}
    kept = [axis for axis in order if axis not in over]
    if kept == sorted(kept):
        reader.input[0] = turned.input[0]
        node.input[1] = _constant(graph, f"{node.output[0]}_axes", sorted(over))


def _constant(graph: Any, name: str, numbers: list[int]) -> str:
    import onnx
    from onnx import helper

    kind = onnx.TensorProto.INT64
    graph.initializer.append(helper.make_tensor(name, kind, [len(numbers)], numbers))
    return name
