"""Mends in an ONNX graph what converters get wrong, node by node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keras_residual.files.export.onnx_graph.wires import Wires, tidy


def repair(proto: Any) -> None:
    """Replaces nodes that ONNX Runtime does not know, and lets it infer the shapes.

    Those between the nodes, jax2onnx 0.17 writes as they were before it moved the axes.

    Args:
        proto: An `onnx.ModelProto`; it is changed.
    """
    nodes = list(proto.graph.node)
    wires = Wires(proto.graph)
    del proto.graph.node[:]
    for node in nodes:
        new: list[Any] = [node]
        if node.op_type == "Erfc":
            new = list(_complement(node))
        elif node.op_type == "MaxPool":
            bare = _bare(wires, node.input[0])
            if bare is not None:
                new = list(_pool(node, bare))
        proto.graph.node.extend(new)
    tidy(proto.graph)


def _complement(node: Any) -> Iterator[Any]:
    """Says `1 - erf(x)` for TensorFlow's `Erfc`, which tf2onnx 1.17 leaves as it is."""
    import onnx
    from onnx import helper

    (made,) = node.output
    one = helper.make_tensor("one", onnx.TensorProto.FLOAT, [], [1.0])
    yield helper.make_node("Constant", [], [f"{made}_one"], value=one)
    yield helper.make_node("Erf", list(node.input), [f"{made}_erf"])
    yield helper.make_node("Sub", [f"{made}_one", f"{made}_erf"], [made])


def _bare(wires: Wires, name: str) -> str | None:
    """Returns the tensor that two nodes put an axis in front of."""
    for _ in range(2):
        maker = wires.maker(name, "Unsqueeze")
        if maker is None:
            return None
        name = maker.input[0]
    return name


def _pool(node: Any, bare: str) -> Iterator[Any]:
    """Pools over the sizes alone.

    jax2onnx 0.17 puts two axes in front and pools over batch and channels as well, in
    windows of one, which is an axis or two more than ONNX Runtime pools over.
    """
    import onnx
    from onnx import helper

    (made,) = node.output
    settings: dict[str, Any] = {a.name: list(a.ints) for a in node.attribute if a.ints}
    rank = len(settings["kernel_shape"])
    last = settings["kernel_shape"][-1] == settings["strides"][-1] == 1
    sizes = list(range(1, rank - 1)) if last else list(range(2, rank))
    forward = [0, rank - 1, *sizes] if last else list(range(rank))
    back = sorted(range(rank), key=forward.__getitem__)
    pads = settings.pop("pads", [0] * 2 * rank)
    settings = {name: [values[k] for k in sizes] for name, values in settings.items()}
    settings["pads"] = [pads[start + k] for start in (0, rank) for k in sizes]
    front = helper.make_tensor("axes", onnx.TensorProto.INT64, [2], [0, 1])

    axes, turned, pooled, x = (f"{made}_{n}" for n in ("axes", "turned", "pooled", "x"))
    yield helper.make_node("Constant", [], [axes], value=front)
    yield helper.make_node("Transpose", [bare], [turned], perm=forward)
    yield helper.make_node("MaxPool", [turned], [pooled], **settings)
    yield helper.make_node("Transpose", [pooled], [x], perm=back)
    yield helper.make_node("Unsqueeze", [x, axes], [made])
