"""What this room must know of a tensor's history: its one look behind the graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

PROBE = 96
"""Size that an unknown axis is given where two paths are compared."""


def root(x: keras.KerasTensor) -> keras.Operation:
    """Returns the input operation that `x` grew from, following first inputs.

    Raises:
        TypeError: `x` belongs to no functional graph.
    """
    if not hasattr(x, "_keras_history"):
        shape = f" of shape {tuple(x.shape)}" if hasattr(x, "shape") else ""
        raise TypeError(
            f"A part was called on data: {type(x).__name__}{shape}.\n"
            "It adds layers to a graph, and needs a symbolic tensor. Start with  "
            "x = keras.Input(shape)  and call the model on the data."
        )
    while not (node := _node(x)).is_input:
        x = node.input_tensors[0]
    return node.operation


def between(x: keras.KerasTensor, y: keras.KerasTensor) -> Iterator[Any]:
    """Yields the nodes that compute `y` from `x`, in the order of computing."""
    seen, reached, stack = {id(x)}, {id(x)}, [(_node(y), False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            if any(id(tensor) in reached for tensor in node.input_tensors):
                reached.update(map(id, node.outputs))
                yield node
        elif not node.is_input and id(node.outputs[0]) not in seen:
            seen.update(map(id, node.outputs))
            stack.append((node, True))
            stack += [(_node(t), False) for t in node.input_tensors if t is not x]


def is_fresh(layer: keras.layers.Layer) -> bool:
    """Says whether a layer stands in no graph yet and holds no weights."""
    return not layer._inbound_nodes and not layer.weights


def fresh_operations(
    x: keras.KerasTensor, y: keras.KerasTensor
) -> list[keras.Operation]:
    """Returns the operations between `x` and `y` that are called there only."""
    operations = [node.operation for node in between(x, y)]
    return [o for o in operations if len(o._inbound_nodes) == 1]


def sizes(x: keras.KerasTensor, y: keras.KerasTensor) -> tuple[tuple, tuple]:
    """Returns both shapes without the batch axis, unknown sizes of `x` probed.

    Two paths whose sizes are unknown look alike even where one of them strides.
    So the graph from `x` to `y` is asked what it would make of `PROBE` elements.
    """
    if None not in x.shape[1:] or x is y:
        return _known(x), _known(y)
    probe = keras.KerasTensor((x.shape[0], *_known(x)), dtype=x.dtype)
    specs: dict[int, Any] = {id(x): probe}
    for node in between(x, y):
        args, kwargs = node.arguments.convert(lambda t: specs.get(id(t), t))
        found = keras.tree.flatten(node.operation.compute_output_spec(*args, **kwargs))
        first: Any = node.input_tensors[0]
        told = [_filled(spec, specs.get(id(first), first)) for spec in found]
        specs.update(zip(map(id, node.outputs), told, strict=True))
    return _known(probe), _known(specs.get(id(y), y))


def mask(x: keras.KerasTensor) -> keras.KerasTensor | None:
    """Returns the mask that travels with `x`, if there is one."""
    return getattr(x, "_keras_mask", None)


def rectified(x: keras.KerasTensor) -> bool:
    """Says whether `x` comes from a rectifier: none of its elements is negative."""
    if not hasattr(x, "_keras_history"):
        return False
    made = _node(x).operation
    if isinstance(made, keras.layers.Activation):
        return made.activation in (keras.activations.relu, keras.activations.relu6)
    return type(made) is keras.layers.ReLU and not (
        made.negative_slope or made.threshold
    )


def _node(tensor: Any) -> Any:
    operation, node, _ = tensor._keras_history
    return operation._inbound_nodes[node]


def _known(x: keras.KerasTensor) -> tuple:
    return tuple(PROBE if size is None else size for size in x.shape[1:])


def _filled(spec: keras.KerasTensor, entry: keras.KerasTensor) -> keras.KerasTensor:
    """Returns `spec` with the sizes of `entry` where an operation does not tell.

    `EinsumDense`, for one, returns an unknown size even for a known one.
    """
    if None not in spec.shape[1:] or len(spec.shape) != len(entry.shape):
        return spec
    pairs = zip(spec.shape, entry.shape, strict=True)
    shape = [known if size is None else size for size, known in pairs]
    return keras.KerasTensor(shape, dtype=spec.dtype)
