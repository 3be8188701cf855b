"""What a user may give as data, as batches for the inputs of a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.words import need_words
from keras_residual.measures.forms import Part, parts


@dataclass(frozen=True)
class Batch:
    """One batch: values for the inputs of a graph, and labels.

    Args:
        known: A tensor for each input, by the index of its operation.
        labels: As they were given; None where there are none.
        examples: How many there are.
        weights: Of the examples, as they were given; None where there are none.
    """

    known: Mapping[int, Any]
    labels: Any
    examples: int
    weights: Any = None


def batches(graph: Graph, data: Any, *, size: int) -> Iterator[Batch]:
    """Cuts data into batches, and fits each to the inputs of a graph.

    Args:
        graph: The graph that reads the batches.
        data: As `forms.parts` takes it.
        size: Examples in a batch that is cut from arrays.

    Raises:
        KindError: The data is none of these.
        ResidualError: A batch does not fit the inputs, or there is none.
    """
    entries = [graph.ops[index] for index in graph.inputs]
    need_words(((one.path, one.dtype) for one in entries), "Model")
    nested = graph.structure
    first = nested[0] if isinstance(nested, list | tuple) else None
    how: Any = {"inputs": len(graph.inputs), "nested": keras.tree.is_nested(first)}
    number = -1
    for number, part in enumerate(parts(data, size, **how)):
        yield _fit(graph, part, f"batch {number}")
    if number < 0:
        raise ResidualError(
            "Data: there is nothing to measure with.",
            given="no batch at all",
            needed="Measures look at one example or more. An iterator that was read "
            "once is empty.",
            write="measure(model, x), with x an array",
        )


def _fit(graph: Graph, part: Part, where: str) -> Batch:
    given = graph.in_order(_named(graph, part.values, where))
    if len(given) != len(graph.inputs):
        raise ResidualError(
            f"Data: {where} does not fit the inputs of the model.",
            given=f"{len(given)} arrays",
            needed=f"The model has {len(graph.inputs)}: {', '.join(_paths(graph))}.",
            write="[x1, x2], in this order; (x, y) brings labels",
        )
    known = {
        index: _tensor(graph.ops[index], value, where)
        for index, value in zip(graph.inputs, given, strict=True)
    }
    examples = {int(x.shape[0]) for x in known.values() if x is not None}
    if len(examples) > 1:
        raise ResidualError(
            f"Data: {where} has arrays of several lengths.",
            given=f"{', '.join(map(str, sorted(examples)))} examples",
            needed="The first axis of each array is the examples.",
            write="[x1, x2], with as many rows in both",
        )
    return Batch(known, part.labels, examples.pop(), part.weights)


def _named(graph: Graph, values: Any, where: str) -> Any:
    """Takes from a dict what the model names, and wants a dict where its keys count."""
    wanted = graph.structure
    if isinstance(values, dict):
        names = list(wanted) if isinstance(wanted, dict) else _paths(graph)
        if missing := [name for name in names if name not in values]:
            raise ResidualError(
                f"Data: {where} does not fit the inputs of the model.",
                given=f"a dict of {', '.join(map(str, values))}",
                needed=f"The model has {', '.join(map(str, names))}, and here is no "
                f"{', '.join(map(str, missing))}.",
                write=f"{{{', '.join(f'{name!r}: ...' for name in names)}}}",
            )
        kind = type(wanted) if isinstance(wanted, dict) else dict
        return kind((name, values[name]) for name in names)
    if isinstance(wanted, dict) and len(wanted) > 1 and list(wanted) != sorted(wanted):
        raise ResidualError(
            f"Data: {where} does not fit the inputs of the model.",
            given="values without names",
            needed=f"The model takes a dict of {', '.join(map(str, wanted))}; which "
            "value is which cannot be told.",
            write=f"{{{', '.join(f'{name!r}: ...' for name in wanted)}}}",
        )
    return values


def _paths(graph: Graph) -> list[str]:
    return [graph.ops[index].path for index in graph.inputs]


def _tensor(op: Op, value: Any, where: str) -> Any:
    """Returns a value as a model's own call would take it."""
    if value is None and getattr(op.layer, "optional", False):
        return None
    _demand_numbers(op, value, where)
    tensor: Any = keras.ops.convert_to_tensor(value, dtype=op.dtype)
    rank = len(tensor.shape) - len(op.shape)
    if rank == 1 and tensor.shape[-1] == 1:
        tensor = keras.ops.squeeze(tensor, -1)
    elif rank == -1 and op.shape[-1] == 1:
        tensor = keras.ops.expand_dims(tensor, -1)
    pairs = zip(op.shape[1:], tensor.shape[1:], strict=False)
    fits = len(tensor.shape) == len(op.shape) and tensor.shape[0]
    if not fits or any(size not in (None, given) for size, given in pairs):
        needed = ", ".join(str(n) for n in op.shape[1:])
        raise ResidualError(
            f'Data: {where} does not fit input "{op.path}".',
            given=f"shape {tuple(tensor.shape)}",
            needed=f"The input takes (examples, {needed}).",
            write="data.batch(64), for a dataset of single examples"
            if tuple(tensor.shape) == tuple(op.shape[1:])
            else "data of that shape, in the order of the model's inputs",
        )
    return tensor


def _demand_numbers(op: Op, value: Any, where: str) -> None:
    words = getattr(value, "dtype", None)
    if isinstance(words, np.dtype) and words.kind in "USO" and op.dtype != "string":
        raise KindError(
            f'Data: {where} does not fit input "{op.path}".',
            given=f"{value!r:.60}, which is no number",
            needed=f"The input takes numbers of dtype {op.dtype}.",
            write="measure(model, x), with x an array of numbers",
        )
