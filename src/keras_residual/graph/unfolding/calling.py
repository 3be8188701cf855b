"""How the call of a layer is run on symbols."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual._keras import (
    calls_its_graph,
    function_in,
    input_structure,
    mask_on,
    put_mask,
    trace_through,
)
from keras_residual.graph.functional import in_order
from keras_residual.graph.unfolding.frame import Frame
from keras_residual.graph.unfolding.nesting import ClosedError


def called(frame: Frame, args: Any, kwargs: Any) -> Any:
    """Returns what a layer's own `call` makes of symbols.

    A graph is run through as it stands. A layer in `TimeDistributed` is called once, on
    the steps of all examples as one batch: Keras would call it on each step.

    Args:
        frame: The call.
        args: The arguments of the call.
        kwargs: Those by name.

    Raises:
        ClosedError: It cannot be run so.
    """
    layer = frame.layer
    if frame.learns and "training" in kwargs:
        kwargs = {**kwargs, "training": True}
    if isinstance(layer, keras.layers.TimeDistributed):
        return _at_once(layer, *args, **kwargs)
    function = _graph_of(layer)
    if function is None or len(args) != 1:
        return layer.call(*args, **kwargs)
    given = in_order(function, args[0])
    if len(given) == len(function.inputs):
        given = [*map(_of_rank, given, function.inputs)]
        args = (keras.tree.pack_sequence_as(input_structure(function), given),)
    if _alike(function, given, kwargs.get("mask")):
        return trace_through(function, given, kwargs.get("training"))
    return layer.call(*args, **kwargs)


def _graph_of(layer: Any) -> Any:
    if isinstance(layer, keras.Sequential):
        return function_in(layer)
    return layer if calls_its_graph(layer) else None


def _of_rank(given: Any, wanted: Any) -> Any:
    """Returns a symbol with the last axis that a graph adds to it, or takes away.

    Keras does so, too, but forgets then how the new symbol was made.
    """
    more = len(wanted.shape) - len(getattr(given, "shape", wanted.shape))
    if more == 1 and wanted.shape[-1] == 1:
        adjusted = keras.ops.expand_dims(given, axis=-1)
    elif more == -1 and given.shape[-1] == 1:
        adjusted = keras.ops.squeeze(given, axis=-1)
    else:
        return given
    put_mask(adjusted, mask_on(given))
    return adjusted


def _alike(function: keras.Function, given: list[Any], mask: Any) -> bool:
    """Says whether a graph takes symbols as they are, with the masks that they have."""
    masks = keras.tree.flatten(mask) if mask is not None else []
    carried = [mask_on(one) for one in given]
    return (
        len(given) == len(function.inputs)
        and all(
            isinstance(one, keras.KerasTensor)
            and one.dtype == wanted.dtype
            and len(one.shape) == len(wanted.shape)
            for one, wanted in zip(given, function.inputs, strict=True)
        )
        and all(a is b for a, b in zip(masks, carried, strict=False))
    )


def _at_once(layer: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
    if mask is not None:
        raise ClosedError("it hands a mask to each step")
    steps, inner = inputs.shape[1], inputs.shape[2:]
    if steps is None or None in inner:
        raise ClosedError("its call needs sizes to be known")
    flat = keras.ops.reshape(inputs, (-1, *inner))
    out = layer.layer(flat, training=training)
    if not isinstance(out, keras.KerasTensor) or None in out.shape[1:]:
        raise ClosedError("what it holds returns something else than one tensor")
    return keras.ops.reshape(out, (-1, steps, *out.shape[1:]))
