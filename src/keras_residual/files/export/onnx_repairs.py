"""What converters get wrong in an ONNX graph: nodes, sizes, samples and names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from keras_residual.files.export.onnx_folds import Wires, tidy


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
            _state_size(proto.graph, node, np.rint(made).astype(np.int64))


def _sizes(proto: Any, name: str) -> np.ndarray:
    """Returns height and width of a tensor; 0 where they are not known."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(proto).graph
    known = {entry.name: entry for entry in (*graph.input, *graph.value_info)}
    if name not in known:
        return np.zeros(2)
    shape = known[name].type.tensor_type.shape.dim
    return np.array([size.dim_value for size in shape[2:]], np.float64)


def _state_size(graph: Any, node: Any, sizes: np.ndarray) -> None:
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


def fix_batch(proto: Any, batch_size: int | None) -> None:
    """Writes the number of samples into a graph that takes any.

    Args:
        proto: An `onnx.ModelProto`; it is changed.
        batch_size: Samples in a batch; none leaves the graph as it is.
    """
    if batch_size is None:
        return
    firsts = [entry.type.tensor_type.shape.dim[0] for entry in proto.graph.input]
    symbols = {first.dim_param for first in firsts if first.dim_param}
    for entry in proto.graph.output:
        sizes = entry.type.tensor_type.shape.dim
        firsts += [size for size in sizes if size.dim_param in symbols]
    for first in firsts:
        first.dim_value = batch_size


def name_ends(graph: Any, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Renames what a graph reads and returns.

    A name that comes twice is numbered: in ONNX no two tensors have one.

    Args:
        graph: An `onnx.GraphProto`; it is changed.
        inputs: Names of the inputs. Converters that keep them may change their order.
        outputs: Names of the outputs, in order.
    """
    _part_outputs(graph)
    before = [entry.name for entry in graph.input]
    kept = sorted(before) == sorted(inputs)
    names = dict(zip(before, before if kept else inputs, strict=True))
    taken = set(names.values())
    for entry, name in zip(graph.output, outputs, strict=True):
        names[entry.name] = _free(name, taken)
        taken.add(names[entry.name])
    every = {
        text for owner, field in _places(graph) for text in _names_at(owner, field)
    }
    taken |= every
    for name in (every - set(names)) & set(names.values()):
        names[name] = _free(name, taken)
        taken.add(names[name])
    for owner, field in _places(graph):
        _rename(
            owner, field, [names.get(text, text) for text in _names_at(owner, field)]
        )


def _part_outputs(graph: Any) -> None:
    """Gives each output a node of its own that makes it."""
    from onnx import helper

    seen = {entry.name for entry in (*graph.input, *graph.initializer)}
    for entry in graph.output:
        if entry.name in seen:
            name = _free(entry.name, seen)
            graph.node.append(helper.make_node("Identity", [entry.name], [name]))
            entry.name = name
        seen.add(entry.name)


def _free(name: str, taken: set[str]) -> str:
    """Returns a name that nobody has."""
    numbered = (f"{name}_{number}" for number in count(1))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def _places(graph: Any) -> Iterator[tuple[Any, str]]:
    """Yields where names of tensors stand, inside of the graph's own graphs, too."""
    for entry in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        yield entry, "name"
    for node in graph.node:
        yield node, "input"
        yield node, "output"
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _places(inner)


def _names_at(owner: Any, field: str) -> list[str]:
    found = getattr(owner, field)
    return [found] if field == "name" else list(found)


def _rename(owner: Any, field: str, texts: list[str]) -> None:
    if field == "name":
        owner.name = texts[0]
    else:
        getattr(owner, field)[:] = texts
