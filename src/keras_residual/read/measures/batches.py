"""What a user may give as data, as batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.read.graph import Graph, Op

FORMS = "x, [x1, x2], (x, y), a keras.utils.PyDataset, or any iterable of batches"


@dataclass(frozen=True)
class Batch:
    """One batch: values for the inputs of a graph, and labels.

    Args:
        known: A tensor for each input, by the index of its operation.
        labels: As they were given; None where there are none.
        examples: How many there are.
    """

    known: Mapping[int, Any]
    labels: Any
    examples: int


def batches(graph: Graph, data: Any, *, size: int) -> Iterator[Batch]:
    """Cuts data into batches, and fits each to the inputs of a graph.

    Args:
        graph: The graph that reads the batches.
        data: An array; a list or a dict of them for several inputs; a tuple of values
            and labels; a `keras.utils.PyDataset`; or an iterable of batches, each an
            array or a tuple of values and labels.
        size: Examples in a batch that is cut from arrays.

    Raises:
        TypeError: The data is none of these.
        ValueError: A batch does not fit the inputs, brings sample weights, or there is
            none.
    """
    inputs = [op for op in graph.ops if not op.sources]
    number = -1
    for number, part in enumerate(_parts(data, size)):
        yield _fit(inputs, part, f"batch {number}")
    if number < 0:
        raise ValueError(
            "Data: there is nothing to measure with.\n  given  no batch at all\n"
            "Measures look at one example or more. An iterator that was read once is "
            "empty.\nWrite:   measure(model, x), with x an array"
        )


def count(data: Any, size: int) -> int | None:
    """Returns how many batches there will be, where that is known.

    Args:
        data: As `batches` takes it.
        size: Examples in a batch that is cut from arrays.
    """
    if _is_arrays(data):
        return -(-len(keras.tree.flatten(data)[0]) // size)
    try:
        return len(data)
    except TypeError:
        return None


def _parts(data: Any, size: int) -> Iterator[Any]:
    if _is_arrays(data):
        total = len(keras.tree.flatten(data)[0])
        for start in range(0, total, size):
            yield keras.tree.map_structure(
                lambda array, a=start: array[a : a + size], data
            )
    elif isinstance(data, keras.utils.PyDataset):
        for index in range(data.num_batches or 0):
            yield data[index]
    elif isinstance(data, Iterable) and not isinstance(data, str):
        yield from data
    else:
        raise TypeError(
            "Data: this cannot be measured with.\n"
            f"  given  {type(data).__name__}: {data!r:.60}\n"
            f"Data is {FORMS}.\nWrite:   measure(model, x), with x an array"
        )


def _is_arrays(data: Any) -> bool:
    if isinstance(data, list) and data and isinstance(data[0], tuple):
        return False  # a list of batches
    flat = keras.tree.flatten(data) if isinstance(data, list | tuple | dict) else [data]
    return bool(flat) and all(_is_array(leaf) for leaf in flat if leaf is not None)


def _is_array(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "__getitem__")


def _fit(inputs: list[Op], part: Any, where: str) -> Batch:
    values, labels = part, None
    if isinstance(part, tuple):
        if len(part) > 2:
            raise ValueError(
                f"Data: {where} brings sample weights.\n"
                f"  given  a tuple of {len(part)}\n"
                "Measures weight all examples alike.\n"
                "Write:   ((x, y) for x, y, weight in data)"
            )
        values, labels = (*part, None, None)[:2]
    given = _in_order(inputs, values)
    if len(given) != len(inputs):
        raise ValueError(
            f"Data: {where} does not fit the inputs of the model.\n"
            f"  given  {len(given)} arrays\n"
            f"The model has {len(inputs)}: {', '.join(op.path for op in inputs)}.\n"
            "Write:   [x1, x2], in this order; (x, y) brings labels"
        )
    known = {
        op.index: _tensor(op, value, where)
        for op, value in zip(inputs, given, strict=True)
    }
    return Batch(known, labels, int(known[inputs[0].index].shape[0]))


def _in_order(inputs: list[Op], values: Any) -> list[Any]:
    names = [op.path for op in inputs]
    if isinstance(values, dict):
        return [values[name] for name in names if name in values]
    return [*values] if isinstance(values, list | tuple) else [values]


def _tensor(op: Op, value: Any, where: str) -> Any:
    tensor: Any = keras.ops.convert_to_tensor(value, dtype=op.dtype)
    if len(tensor.shape) == len(op.shape) - 1 and op.shape[-1] == 1:
        tensor = keras.ops.expand_dims(tensor, -1)  # as a model's own call does
    pairs = zip(op.shape[1:], tensor.shape[1:], strict=False)
    fits = len(tensor.shape) == len(op.shape) and tensor.shape[0]
    if not fits or any(size not in (None, given) for size, given in pairs):
        needed = ", ".join(str(n) for n in op.shape[1:])
        raise ValueError(
            f'Data: {where} does not fit input "{op.path}".\n'
            f"  given  shape {tuple(tensor.shape)}\n"
            f"The input takes (examples, {needed}).\n"
            "Write:   measure(model, x), with x of that shape"
        )
    return tensor
