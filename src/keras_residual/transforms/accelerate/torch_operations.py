"""The operations that PyTorch computes here: what each needs, and how it is run.

Alone, an operation stands in for its layer's `call`; in a plan it reads and makes
tensors in PyTorch's order of axes. Where a call is not about numbers (a graph being
traced, a shape being asked for), or is one that the kernels do not know, Keras's own
`call` answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import torch

from keras_residual.compose.graph import rectified
from keras_residual.transforms.accelerate import torch_kernels as kernels
from keras_residual.transforms.accelerate.torch_kernels import (
    computes,
    to_keras,
    to_native,
)

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv2D,
)
_POOLINGS = (
    *kernels.MAX_POOLINGS,
    keras.layers.AveragePooling2D,
    keras.layers.AveragePooling3D,
)
_PADDINGS = (keras.layers.ZeroPadding2D, keras.layers.ZeroPadding3D)


@dataclass(frozen=True)
class Extra:
    """What a call does for the one before it, too.

    Args:
        sides: How many elements it adds on either side of each axis of space: zeros
            for a convolution, and for a max-pool what never wins.
        size: The window, where it is not the layer's own.
    """

    sides: tuple[int, ...]
    size: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Call:
    """A call of an operation, as it is run.

    Args:
        operation: The operation.
        channels_last: How Keras orders the axes of its tensors.
        mine: Which of the values that it reads it may write over.
        extra: What it does for the call before it, if anything.
        packed: What computes with its packed kernel, where one is to.
    """

    operation: Any
    channels_last: bool
    mine: Sequence[bool] = (False,)
    extra: Extra | None = None
    packed: Any = None

    def by_keras(self, x: Any, **more: Any) -> Any:
        """Calls a layer as Keras would.

        Args:
            x: What it reads, channels in the second place, as in the result.
            **more: Arguments of its `call`.
        """
        layer, last = self.operation, self.channels_last
        return to_native(type(layer).call(layer, to_keras(x, last), **more), last)


@dataclass(frozen=True)
class Operation:
    """A kind of operation.

    Args:
        kinds: Its classes, and its name where Keras has a function and not a layer.
        needs: Says of a node whether a plan can run it, told how Keras orders the axes.
        run: Makes a call's result of what it reads, and of whether it trains.
        fresh: Says of an operation whether the result is memory of its own that no
            gradient is computed from: its only reader may write over it.
        alone: Returns what stands in for a layer's `call`, where Keras's is not best.
    """

    kinds: Sequence[Any]
    needs: Callable[[Any, bool], bool]
    run: Callable[[Call, Sequence[Any], bool | None], Any]
    fresh: Callable[[Any], bool] = lambda operation: True
    alone: Callable[[Any], Callable[..., Any]] | None = None


def planned(node: Any, channels_last: bool) -> Operation | None:
    """Returns how a plan runs a call, or nothing where Keras is to make it.

    Args:
        node: A call on float32 tensors of rank 4 or 5, of an operation that does
            nothing besides.
        channels_last: How the tensors of the plan are ordered in Keras.
    """
    said = [value for value in node.arguments.kwargs.values() if value is not None]
    if said or len(node.outputs) != 1:  # a norm is always called with mask=None
        return None
    kind = type(node.operation)
    layer = issubclass(kind, keras.layers.Layer)
    found = _OPERATIONS.get(kind if layer else kind.__name__)
    return found if found is not None and found.needs(node, channels_last) else None


def patched_call(layer: Any) -> Callable[..., Any] | None:
    """Returns what stands in for a layer's `call`, or nothing where Keras's is best.

    Args:
        layer: A built Keras layer; a subclass may do anything and is left.
    """
    found = _OPERATIONS.get(type(layer))
    return None if found is None or found.alone is None else found.alone(layer)


def extra_of(first: Any, second: Any, channels_last: bool) -> Extra | None:
    """Returns what a call does besides so that the one before need not be made.

    Args:
        first: A call whose result only the second reads.
        second: That call.
        channels_last: How the tensors of the plan are ordered in Keras.
    """
    layer = second.operation
    pools = type(layer) in kernels.MAX_POOLINGS
    if pools and (extra := _subsampled(first.operation, layer)):
        return extra
    if type(first.operation) not in _PADDINGS:
        return None
    pads = _zeros(first.operation, channels_last)
    if pads[0] != (0, 0) or any(low != high for low, high in pads):
        return None
    if getattr(layer, "padding", None) != "valid":
        return None
    sides = tuple(low for low, _ in pads[1:])
    if type(layer) in CONVOLUTIONS:
        return Extra(sides)
    # PyTorch wants an element in each window.
    fits = pools and all(
        2 * n <= size for n, size in zip(sides, layer.pool_size, strict=True)
    )
    # PyTorch pads with what never wins. So do zeros, where nothing is negative.
    return Extra(sides) if fits and rectified(first.input_tensors[0]) else None


def _subsampled(first: Any, second: Any) -> Extra | None:
    """Joins a pool that moves by one with one that only leaves elements out."""
    if type(first) is not type(second) or first.data_format != second.data_format:
        return None
    one = (1,) * len(first.strides)
    if not (tuple(first.strides) == one == tuple(second.pool_size)):
        return None
    size = tuple(first.pool_size)
    odd = first.padding == "same" and all(n % 2 for n in size)
    return Extra(tuple(n // 2 for n in size), size) if odd else None


def _in_this_order(node: Any, channels_last: bool) -> bool:
    return (node.operation.data_format == "channels_last") == channels_last


def _spatial_alone(layer: Any) -> Callable[..., Any]:
    run = _OPERATIONS[type(layer)].run
    alone = Call(layer, layer.data_format == "channels_last")

    def call(inputs: Any) -> Any:
        if not computes(inputs):
            return type(layer).call(layer, inputs)
        last = alone.channels_last
        return to_keras(run(alone, [to_native(inputs, last)], None), last)

    return call


def _convolve(call: Call, given: Sequence[Any], training: bool | None) -> Any:
    layer = call.operation
    sides = None if call.extra is None else call.extra.sides
    packed = None if torch.is_grad_enabled() else call.packed
    out = kernels.convolve(layer, given[0], sides, packed)
    return out if _linear(layer) else layer.activation(out)


def _linear(layer: Any) -> bool:
    return layer.activation in (None, keras.activations.linear)


def _pool(call: Call, given: Sequence[Any], training: bool | None) -> Any:
    layer, (x,) = call.operation, given
    if call.extra is not None:
        size = call.extra.size or layer.pool_size
        return kernels.max_pool(layer, x, size, call.extra.sides)
    if all(low == high for low, high in kernels.pool_pads(layer, x)):
        return kernels.pool(layer, x)
    return call.by_keras(x)


def _by_channel(node: Any, channels_last: bool) -> bool:
    rank = len(node.outputs[0].shape)
    return node.operation.axis % rank == (rank - 1 if channels_last else 1)


def _normalize(call: Call, given: Sequence[Any], training: bool | None) -> Any:
    layer, (x,) = call.operation, given
    if kernels.normalizable(layer, x, training):
        return kernels.normalize_in_place(layer, x, training)
    return call.by_keras(x, training=training)


def _norm_alone(layer: Any) -> Callable[..., Any]:
    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is None and computes(inputs):
            last = layer.axis % inputs.ndim == inputs.ndim - 1
            x = _in_a_row(inputs) if last else inputs
            if kernels.normalizable(layer, x, training):
                x = x if x.dtype == torch.float64 else x.to(torch.float32)
                out = kernels.normalize(layer, x, training)
                out = to_keras(out, True).reshape(inputs.shape) if last else out
                return keras.ops.cast(out, layer.compute_dtype)
        return type(layer).call(layer, inputs, training=training, mask=mask)

    return call


def _in_a_row(x: Any) -> Any:
    """Returns one row of pixels: oneDNN's path for channels that lie innermost."""
    return to_native(x.reshape(1, math.prod(x.shape[:-1]), 1, x.shape[-1]), True)


def _pad(call: Call, given: Sequence[Any], training: bool | None) -> Any:
    return kernels.pad(given[0], _zeros(call.operation, call.channels_last))


def _zeros(padding: Any, channels_last: bool) -> list[tuple[int, int]]:
    """Returns the zeros that a padding adds to each axis, in PyTorch's order."""
    space = [tuple(pair) for pair in padding.padding]
    last = padding.data_format == "channels_last"
    pads = [*space, (0, 0)] if last else [(0, 0), *space]
    return [pads[-1], *pads[:-1]] if channels_last else pads


def _of_one_shape(node: Any, channels_last: bool) -> bool:
    shapes = [tuple(tensor.shape) for tensor in node.input_tensors]
    return len(shapes) == 2 and shapes[0] == shapes[1]


def _add(call: Call, given: Sequence[Any], training: bool | None) -> Any:
    left, right = given
    if left.shape == right.shape and any(call.mine):
        return left.add_(right) if call.mine[0] else right.add_(left)
    return left + right


def _rectifies(node: Any, channels_last: bool) -> bool:
    operation = node.operation
    if type(operation) is keras.layers.Activation:
        return operation.activation is keras.activations.relu
    limits = ("max_value", None), ("negative_slope", 0.0), ("threshold", 0.0)
    return all(getattr(operation, name, usual) == usual for name, usual in limits)


def _rectify(call: Call, given: Sequence[Any], training: bool | None) -> Any:
    return (torch.relu_ if call.mine[0] else torch.relu)(given[0])


def _always(node: Any, channels_last: bool) -> bool:
    return True


def _never(operation: Any) -> bool:
    return False


_NORMS = (keras.layers.BatchNormalization,)
_ADDITIONS = (keras.layers.Add, "Add")
_RECTIFIERS = (keras.layers.Activation, keras.layers.ReLU, "Relu")
_TABLE = (
    Operation(CONVOLUTIONS, _in_this_order, _convolve, _linear, _spatial_alone),
    Operation(_POOLINGS, _in_this_order, _pool, _never, _spatial_alone),
    Operation(_NORMS, _by_channel, _normalize, alone=_norm_alone),
    Operation(_PADDINGS, _always, _pad),
    Operation(_ADDITIONS, _of_one_shape, _add),
    Operation(_RECTIFIERS, _rectifies, _rectify, _never),
)
_OPERATIONS = {kind: operation for operation in _TABLE for kind in operation.kinds}
