"""What an ONNX graph can do without: it computes the same, sooner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np


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


def fold_pads(graph: Any) -> None:
    """Lets convolutions and pools pad by themselves what a node before them pads.

    That node copies the whole picture. It may stand before a transposition, too. A pool
    pads with less than any number, which behind a rectifier is the same as zeros.

    Args:
        graph: An `onnx.GraphProto`; it is changed.
    """
    wires = Wires(graph)
    for node in graph.node:
        if node.op_type in ("Conv", "MaxPool"):
            _fold_pad(wires, node)
    tidy(graph)


def _fold_pad(wires: Wires, node: Any) -> None:
    """Takes over from the node that pads for this one, where this one can do it."""
    reader, order = node, None
    turned = wires.own(node.input[0], "Transpose")
    if turned is not None:
        reader, order = turned, settings_of(turned).get("perm")
    pad = wires.own(reader.input[0], "Pad")
    if pad is None or not _takes(wires, node, pad):
        return
    amounts = _amounts(wires, pad)
    if amounts is None:
        return
    both = _together(node, amounts if order is None else amounts[:, order])
    if both is not None:
        _set_pads(node, both)
        reader.input[0] = pad.input[0]


def _takes(wires: Wires, node: Any, pad: Any) -> bool:
    """Says whether a node pads with the same, or it does not matter to it."""
    if settings_of(node).get("auto_pad", b"NOTSET") != b"NOTSET":
        return False
    value = [*pad.input, ""][2]
    filled = wires.numbers(value) if value else np.zeros(1)
    if filled is None:
        return False
    zeros = not filled.any()
    if node.op_type == "Conv":
        return zeros
    positive = wires.maker(pad.input[0], "Relu") is not None
    lowest = bool(np.isneginf(filled).all())
    return len(node.output) == 1 and (lowest or (zeros and positive))


def _amounts(wires: Wires, pad: Any) -> np.ndarray | None:
    """Returns how many numbers stand before and behind each axis, if it is known."""
    _, amounts, _, axes = [*pad.input, "", ""][:4]
    if axes or settings_of(pad).get("mode", b"constant") != b"constant":
        return None
    found = wires.numbers(amounts)
    return None if found is None else found.reshape(2, -1)


def _together(node: Any, amounts: np.ndarray) -> np.ndarray | None:
    """Returns what a node then pads each size by, unless it cannot."""
    settings = settings_of(node)
    sizes = amounts[:, 2:]
    if amounts[:, :2].any() or (sizes < 0).any():
        return None  # batch or channels, or a crop
    both = sizes + np.reshape(settings.get("pads", np.zeros_like(sizes)), sizes.shape)
    if node.op_type == "MaxPool":
        spread = any(step > 1 for step in settings.get("dilations", ()))
        if spread or (both >= settings["kernel_shape"]).any():
            return None  # a window of padding alone
    return both


def _set_pads(node: Any, pads: np.ndarray) -> None:
    from onnx import helper

    kept = [a for a in node.attribute if a.name != "pads"]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute("pads", pads.ravel().tolist())])


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
            _fold_transpose(graph, wires, node)
    tidy(graph)


def _fold_transpose(graph: Any, wires: Wires, node: Any) -> None:
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


class Wires:
    """The tensors of a graph as it is now.

    Args:
        graph: An `onnx.GraphProto`.
    """

    def __init__(self, graph: Any) -> None:
        self._makers = {name: node for node in graph.node for name in node.output}
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._readers = Counter(name for node in graph.node for name in _read(node))
        self._readers.update(entry.name for entry in graph.output)

    def maker(self, name: str, *kinds: str) -> Any | None:
        """Returns the node that makes a tensor, if it is of one of these kinds."""
        maker = self._makers.get(name)
        return maker if maker is not None and maker.op_type in kinds else None

    def own(self, name: str, *kinds: str) -> Any | None:
        """Returns the same, if what it makes is read only once."""
        return self.maker(name, *kinds) if self._readers[name] == 1 else None

    def numbers(self, name: str) -> np.ndarray | None:
        """Returns the numbers of a constant."""
        from onnx import numpy_helper

        tensor = self._constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)


def settings_of(node: Any) -> dict[str, Any]:
    """Returns the attributes of a node, by name."""
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def tidy(graph: Any) -> None:
    """Drops nodes and constants that nobody reads, and shapes that were noted before.

    Args:
        graph: An `onnx.GraphProto`; it is changed.
    """
    del graph.value_info[:]
    read = {entry.name for entry in graph.output}
    for node in reversed(list(graph.node)):
        if read.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            read.update(_read(node))
    for index in reversed(range(len(graph.initializer))):
        if graph.initializer[index].name not in read:
            del graph.initializer[index]


def _read(node: Any) -> Iterator[str]:
    """Yields what a node reads, inside of its own graphs, too."""
    yield from node.input
    for attribute in node.attribute:
        yield from (entry.name for entry in attribute.g.output)
        for inner in attribute.g.node:
            yield from _read(inner)
