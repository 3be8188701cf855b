"""What this room must know of a tensor's history: its one look behind the graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import keras

from keras_residual._keras import (
    calls_in,
    calls_of,
    function_in,
    in_graph,
    maker_of,
    mask_on,
    operation_of,
    run_through,
)
from keras_residual.common.errors import KindError


def root(x: keras.KerasTensor) -> keras.Operation:
    """Returns the input operation that `x` grew from, following first inputs.

    Raises:
        KindError: `x` belongs to no functional graph.
    """
    if isinstance(x, list | tuple | dict):
        raise KindError(
            f"A part was called on {type(x).__name__} of {len(x)}.",
            needed="It takes one tensor.",
            write=_one_tensor(x),
        )
    if not in_graph(x):
        shape = f" of shape {tuple(x.shape)}" if hasattr(x, "shape") else ""
        raise KindError(
            f"A part was called on data: {type(x).__name__}{shape}.",
            needed="It adds layers to a graph, and needs a symbolic tensor; the model "
            "is called on the data.\n"
            "In the call() of a layer or model of your own there is no graph.",
            write="x = keras.Input(shape), or in the __init__ of your own layer  "
            "self.block = kr.layer(block)",
        )
    while not (node := maker_of(x)).is_input:
        x = node.input_tensors[0]
    return node.operation


def _one_tensor(x: Any) -> str:
    """Returns what to write where a list, a tuple or a dict was given for a tensor."""
    values = [*x.values()] if isinstance(x, dict) else [*x]
    if values and all(isinstance(size, int | None) for size in values):
        return f"keras.Input({tuple(values)})"
    if all(isinstance(value, keras.KerasTensor) for value in values):
        return "x = keras.layers.Concatenate()([a, b]), and the part of x"
    return "a tensor of keras.Input, and the parts after it"


def between(x: keras.KerasTensor, y: keras.KerasTensor) -> Iterator[Any]:
    """Yields the nodes that compute `y` from `x`, in the order of computing."""
    reached = {id(x)}
    for node in _history(y, lambda t: t is x):
        if any(id(tensor) in reached for tensor in node.input_tensors):
            reached.update(map(id, node.outputs))
            yield node


def _history(y: Any, known: Callable[[Any], bool]) -> Iterator[Any]:
    """Yields the nodes that compute `y` from known tensors and inputs, in order."""
    seen: set[int] = set()
    stack = [] if known(y) else [(maker_of(y), False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif not node.is_input and id(node.outputs[0]) not in seen:
            seen.update(map(id, node.outputs))
            stack.append((node, True))
            stack += [(maker_of(t), False) for t in node.input_tensors if not known(t)]


def is_fresh(layer: keras.layers.Layer) -> bool:
    """Says whether a layer stands in no graph yet and holds no weights."""
    return not calls_of(layer) and not layer.weights


def fresh_operations(
    x: keras.KerasTensor, y: keras.KerasTensor
) -> list[keras.Operation]:
    """Returns the operations between `x` and `y` that are called there only."""
    operations = [node.operation for node in between(x, y)]
    return [o for o in operations if len(calls_of(o)) == 1]


def shapes(
    x: keras.KerasTensor, ys: Sequence[keras.KerasTensor], shape: tuple
) -> list[tuple] | None:
    """Returns what shapes `ys` would have if `x` had `shape`; none where it cannot.

    The graph from `x` to each of them is asked, without data.
    """
    probe = keras.KerasTensor(shape, dtype=x.dtype)
    specs: dict[int, Any] = {id(x): probe}
    try:
        for y in ys:
            _follow(between(x, y), specs)
    except Exception:  # each layer has its own way to refuse a size
        return None
    return [tuple(specs.get(id(y), y).shape) for y in ys]


def _follow(nodes: Iterable[Any], specs: dict[int, Any]) -> None:
    """Adds what the nodes make of the specs, by the id of the tensor it stands for."""
    for node in nodes:
        if id(node.outputs[0]) in specs:
            continue
        args, kwargs = node.arguments.convert(lambda t: specs.get(id(t), t))
        found = keras.tree.flatten(_spec(node.operation)(*args, **kwargs))
        first: Any = node.input_tensors[0]
        told = [_filled(spec, specs.get(id(first), first)) for spec in found]
        specs.update(zip(map(id, node.outputs), told, strict=True))


def _spec(operation: keras.Operation) -> Callable[..., Any]:
    """Returns how an operation tells the shape of its output, at any size of input."""
    if (inner := _function(operation)) is not None:  # refuses other sizes than its own
        return lambda entry, **_: run_through(inner, entry, _spec)
    if (
        isinstance(operation, keras.layers.EinsumDense)
        and "." not in operation.equation
    ):
        return lambda entry: _product(operation, entry)
    return operation.compute_output_spec


def spec_behind(inner: keras.Function, x: keras.KerasTensor) -> keras.KerasTensor:
    """Returns what a model makes of `x`, also of another size than it was built for."""
    return _spec(inner)(x)


def _product(layer: Any, x: Any) -> keras.KerasTensor:
    """Returns what an `EinsumDense` makes, which refuses other sizes than its own."""
    read, _, made = re.split(",|->", layer.equation.replace(" ", ""))
    size = dict(zip(made[1:], layer.partial_output_shape, strict=True))
    size.update(zip(read, x.shape, strict=True))
    return keras.KerasTensor([size[axis] for axis in made], dtype=layer.compute_dtype)


_lent: WeakKeyDictionary[keras.Operation, Any] = WeakKeyDictionary()
"""The masks that data will bring to the inputs of nested models."""


def entry(shape: tuple, dtype: Any, lent: Any, name: str) -> keras.KerasTensor:
    """Returns the input of a nested model, whose data will bring a mask or not."""
    made: Any = keras.Input(tuple(shape), dtype=dtype, name=name)
    if lent is not None:
        lend(made, lent.shape)
    return made


def lend(made: Any, shape: tuple) -> None:
    """Says that data will bring a mask to the input of a graph.

    Keras is not told: it would want the mask from an input of the nested model.
    """
    _lent[root(made)] = keras.KerasTensor(shape, dtype="bool")


def mask(x: keras.KerasTensor) -> keras.KerasTensor | None:
    """Returns the mask that will travel with `x`, if one will.

    Keras tells none inside a nested model and behind it, though data carries it there.
    """
    if not in_graph(x):
        return _own_mask(x)
    nodes = _history(x, lambda t: _own_mask(t) is not None)
    return _masks_after(nodes, {}).get(id(x), _own_mask(x))


def keeps_mask(x: keras.KerasTensor) -> bool:
    """Says whether a mask travels with what paths were merged to.

    Keras takes the elements of a path without a mask for valid ones where it
    concatenates, and so those of the whole.
    """
    if isinstance(operation_of(x), keras.layers.Concatenate):
        return all(mask(path) is not None for path in maker_of(x).input_tensors)
    return mask(x) is not None


def mask_behind(inner: keras.Function, entering: Any) -> Any:
    """Returns the mask that leaves a model of one input and one output."""
    return None if entering is None else _masks_behind(inner, [entering])[0]


def _masks_after(nodes: Iterable[Any], found: dict[int, Any]) -> dict[int, Any]:
    """Returns the masks that the nodes hand on, by the id of the tensor."""

    def of(tensor: Any) -> Any:
        return found.get(id(tensor), _own_mask(tensor))

    for node in nodes:
        made = _masks_of_call(node, of)
        found |= {id(t): m for t, m in zip(node.outputs, made, strict=False)}
    return found


def _masks_of_call(node: Any, of: Callable[[Any], Any]) -> list:
    """Returns the masks of what one call makes, as the call itself would set them."""
    operation, given = node.operation, node.arguments
    entry = next(iter((*given.args, *given.kwargs.values())))
    masks = given.kwargs.get("mask")
    if masks is None:
        masks = keras.tree.map_structure(of, entry)
    if all(mask is None for mask in keras.tree.flatten(masks)):
        return []
    if (inner := _function(operation)) is not None:
        return _masks_behind(inner, keras.tree.flatten(masks))
    if not getattr(operation, "supports_masking", False):
        return []
    return keras.tree.flatten(operation.compute_mask(entry, masks))


def _masks_behind(inner: Any, masks: list) -> list:
    """Returns the masks that leave a nested model, given those that enter it."""
    told = dict(zip(map(id, inner.inputs), masks, strict=True))
    found = _masks_after(calls_in(inner), told)
    return [found.get(id(t), _own_mask(t)) for t in inner.outputs]


def _own_mask(x: Any) -> Any:
    own = mask_on(x)
    if own is None and in_graph(x):
        return _lent.get(operation_of(x))
    return own


def _function(operation: keras.Operation) -> Any:
    """Returns the graph inside a nested model; None for any other operation."""
    inner = function_in(operation) or getattr(operation, "inner", None)  # of our Block
    inner = inner or operation
    return inner if isinstance(inner, keras.Function) else None


def rectified(x: keras.KerasTensor) -> bool:
    """Says whether `x` comes from a rectifier: none of its elements is negative."""
    if not in_graph(x):
        return False
    made = operation_of(x)
    if isinstance(made, keras.layers.Activation):
        return made.activation in (keras.activations.relu, keras.activations.relu6)
    return type(made) is keras.layers.ReLU and not (
        made.negative_slope or made.threshold
    )


def _filled(spec: keras.KerasTensor, entry: keras.KerasTensor) -> keras.KerasTensor:
    """Returns `spec` with the sizes of `entry` where an operation does not tell.

    `EinsumDense`, for one, returns an unknown size even for a known one.
    """
    if None not in spec.shape[1:] or len(spec.shape) != len(entry.shape):
        return spec
    pairs = zip(spec.shape, entry.shape, strict=True)
    shape = [known if size is None else size for size, known in pairs]
    return keras.KerasTensor(shape, dtype=spec.dtype)
