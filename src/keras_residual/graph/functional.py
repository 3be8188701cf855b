"""The graph that a model holds, or why it holds none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from inspect import signature
from os import PathLike
from types import FunctionType
from typing import Any

import keras
import numpy as np

from keras_residual._keras import function_in, input_structure, maker_of
from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose.layers.add_loss import AddLoss
from keras_residual.compose.layers.block import Block
from keras_residual.compose.layers.held import SetMask
from keras_residual.compose.layers.keep_mask import KeepMask


def function_of(model: Any) -> keras.Function:
    """Returns the graph of a model, or says why there is none."""
    if not isinstance(model, (keras.Model, keras.Function, Block)):
        raise no_model("Residual connections are read from a Keras model.", model)
    function = inner_graph(model)
    if function is None:
        raise _no_graph(model)
    return function


def no_model(where: str, given: Any) -> KindError:
    """Returns the error of what stands where a model is needed.

    Args:
        where: What a model is needed for, one sentence.
        given: What was given.
    """
    shown = f"of shape {tuple(given.shape)}" if _is_array(given) else f"{given!r:.80}"
    return KindError(
        where,
        given=f"{type(given).__name__}: {shown}",
        write=_into_model(given),
    )


def _is_array(given: Any) -> bool:
    return isinstance(given, np.ndarray) or keras.ops.is_tensor(given)


def _into_model(given: Any) -> str:
    """Returns what makes a model of what was given."""
    if isinstance(given, str | PathLike):
        return f"kr.open_model({str(given)!r:.80})"
    if isinstance(given, keras.KerasTensor):
        return "keras.Model(inputs, outputs)"
    if isinstance(given, keras.layers.Layer):
        return "keras.Sequential([keras.Input(shape), layer])"
    if isinstance(given, type | FunctionType):
        return f"{given.__name__}(...), the model that it makes"
    if hasattr(given, "unfold"):
        return "keras.Model(x, block(x)), with x = keras.Input(shape)"
    return _instead_of_data(given)


def _instead_of_data(given: Any) -> str:
    if isinstance(given, list | tuple) and given:
        return "one model, and each of several by itself"
    if _is_array(given):
        return "the model first, and data after it"
    return "model = keras.saving.load_model(path)"


def _no_graph(model: keras.Model) -> ResidualError:
    if isinstance(model, keras.Sequential):
        return ResidualError(
            f'Sequential model "{model.name}" is not built, so it has no graph yet.',
            needed="A graph needs an input shape.",
            write="model.build((None, 32, 32, 3))",
        )
    return ResidualError(
        f'Model "{model.name}" has no graph: {type(model).__name__} is a subclass of '
        "keras.Model, whose call() is code that only runs.",
        needed="Residual connections are read from a graph of Keras operations. Where "
        "its layers take Keras tensors, one call can be traced.",
        write="inputs = keras.Input((32, 32, 3))\n"
        "         model = keras.Model(inputs, model.call(inputs))",
    )


def inner_graph(operation: Any) -> keras.Function | None:
    """Returns the graph of a model that has one."""
    if isinstance(operation, keras.Sequential):
        return function_in(operation)
    if isinstance(operation, Block):
        return operation.inner
    return operation if isinstance(operation, keras.Function) else None


def in_order(function: keras.Function, given: Any) -> list[Any]:
    """Returns what is given for each input of a graph, as Keras reads it.

    A model whose inputs are listed reads a dict by the names of the inputs. All else is
    read flat.

    Args:
        function: The graph.
        given: Values or symbols, in any structure.
    """
    listed = isinstance(function, keras.Model) and not isinstance(
        input_structure(function), dict
    )
    if listed and isinstance(given, dict):
        names = [tensor.name for tensor in function.inputs]
        if given.keys() >= {*names}:
            return [given[name] for name in names]
    return keras.tree.flatten(given)


def nodes_of(
    function: keras.Function, reads: Callable[[Any], list[Any]]
) -> Iterator[tuple[Any, int]]:
    """Yields the calls of one graph in topological order, without recursion.

    With each comes how deep Keras recurses to reach it, for it walks the same way.

    Args:
        function: The graph.
        reads: Returns the tensors that a call reads.
    """
    given = {id(tensor) for tensor in function.inputs}
    done: set[int] = set()
    todo = [(t, False) for t in reversed(function.outputs)]
    depth = 0
    while todo:
        tensor, opened = todo.pop()
        if not opened and (id(tensor) in given or id(maker_of(tensor)) in done):
            continue
        node = maker_of(tensor)
        if opened:
            done.add(id(node))
            yield node, depth
            depth -= 1
        else:
            depth += 1
            todo.append((tensor, True))
            todo.extend((t, False) for t in reversed(reads(node)))


@cache
def takes_training(kind: type) -> bool:
    """Says whether a layer of this class behaves differently in training."""
    return issubclass(kind, keras.layers.Layer) and (
        "training" in signature(kind.call).parameters
    )


def read_by(node: Any) -> list[Any]:
    """Returns the tensors that a call reads, without masks, which carry no values."""
    if isinstance(node.operation, (AddLoss, KeepMask, SetMask)):
        return node.input_tensors[:1]  # the second input lends a mask, or a loss
    if not any(name.endswith("mask") for name in node.arguments.kwargs):
        return node.input_tensors
    kept = {k: v for k, v in node.arguments.kwargs.items() if not k.endswith("mask")}
    flat = keras.tree.flatten((node.arguments.args, kept))
    return [value for value in flat if isinstance(value, keras.KerasTensor)]
