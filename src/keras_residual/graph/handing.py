"""How a nested model takes what it is given: by name, in its dtype, with a mask."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import Any

import keras

from keras_residual._keras import calls_of, run_through
from keras_residual.compose.graph import mask as mask_of
from keras_residual.graph.functional import in_order


class HandOver(keras.layers.Layer):
    """Makes of a tensor what a nested model makes of it before its first layer.

    Args:
        wanted: The input of the nested model: its dtype and rank are taken.
    """

    def __init__(self, wanted: keras.KerasTensor) -> None:
        super().__init__(name=wanted.name, autocast=False)
        self.wanted = wanted
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        x = keras.ops.cast(keras.ops.copy(x), self.wanted.dtype)
        rank = len(self.wanted.shape) - len(x.shape)
        if rank == 1:
            return keras.ops.expand_dims(x, -1)
        return keras.ops.squeeze(x, -1) if rank == -1 else x


def handed_over(function: keras.Function, node: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yields what a nested model is given: its input, the tensor, and a mask.

    The mask is None where none is given by name; then the tensor keeps its own.

    Args:
        function: The graph of the nested model.
        node: The call of the model.
    """
    given = named_arguments(node.operation, node.arguments.args, node.arguments.kwargs)
    tensors = in_order(function, given["inputs"])
    masks = keras.tree.flatten(given.get("mask"))
    masks += [None] * len(tensors)
    yield from zip(function.inputs, tensors, masks, strict=False)


def named_arguments(model: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Returns what a nested model is called with, by the names of its call.

    Args:
        model: The nested model.
        args: The positional arguments.
        kwargs: The others.
    """
    return signature(type(model).call).bind(None, *args, **kwargs).arguments


def masked_as(like: Any, value: Any) -> Any:
    """Returns a value in the dtype and with the mask of another, or with none.

    Args:
        like: The other value, of the same shape.
        value: The value.
    """
    dtype, mask = keras.backend.standardize_dtype(like.dtype), mask_of(like)
    copy = keras.ops.cast(keras.ops.copy(value), dtype)
    if mask is None:
        return copy
    return HandOver(keras.KerasTensor(like.shape, dtype))(copy, mask=mask)


def call_of(wanted: Any, given: Any, mask: Any) -> Any:
    """Returns the call that hands a tensor over; None where it is taken as it is.

    Args:
        wanted: The input of the nested model.
        given: What it is given.
        mask: The mask that it is given by name, or None.
    """
    alike = given.dtype == wanted.dtype and len(given.shape) == len(wanted.shape)
    if alike and mask is None:
        return None
    symbol = keras.KerasTensor(given.shape, given.dtype)
    if isinstance(mask, keras.KerasTensor):
        mask = keras.KerasTensor(mask.shape, mask.dtype)
    layer: Any = HandOver(wanted)
    layer(symbol, mask=mask)
    return calls_of(layer)[0]


def computed(function: keras.Function, given: list[Any]) -> Any:
    """Returns the output of a function, on a batch of any size.

    Args:
        function: A function of one output.
        given: A value for each of its inputs.
    """
    return run_through(function, given, lambda operation: operation)[0]
