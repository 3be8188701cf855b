"""What a plan computes by itself: operations as functions of PyTorch's tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import torch

from keras_residual.transforms.accelerate import torch_kernels as kernels
from keras_residual.transforms.accelerate.torch_layers import (
    CONVOLUTIONS,
    POOLINGS,
    to_keras,
    to_native,
)

Pack = Callable[[Any], Any]
Compute = Callable[[Sequence[Any], "bool | None"], Any]

_RELU = keras.activations.relu
_PADDINGS = {
    4: keras.layers.ZeroPadding2D,
    5: keras.layers.ZeroPadding3D,
}


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
class Move:
    """How an operation is computed.

    Args:
        make: Makes the computation, told which of the values that it reads it may write
            over, and what it does for the call before it, if anything.
        fresh: Whether the result is memory of its own that no gradient is computed
            from: its only reader may write over it.
    """

    make: Callable[[Sequence[bool], Extra | None], Compute]
    fresh: bool = True


def move_of(node: Any, channels_last: bool, pack: Pack) -> Move | None:
    """Returns how a call is computed, or nothing where Keras is to make it.

    Args:
        node: A call on float32 tensors of rank 4 or 5, of an operation that does
            nothing besides.
        channels_last: How the tensors of the plan are ordered in Keras.
        pack: Returns what computes with a layer's packed kernel, where one is to.
    """
    operation, rank = node.operation, len(node.outputs[0].shape)
    said = [value for value in node.arguments.kwargs.values() if value is not None]
    if said or len(node.outputs) != 1:  # a norm is always called with mask=None
        return None
    if type(operation) in (*CONVOLUTIONS, *POOLINGS):
        return _spatial(operation, channels_last, pack)
    if type(operation) is keras.layers.BatchNormalization:
        return _normalization(operation, rank, channels_last)
    if (pads := zeros(operation, rank, channels_last)) is not None:
        return Move(lambda mine, extra: lambda given, _: kernels.pad(given[0], pads))
    if _adds(node):
        return Move(_addition)
    return Move(_rectification, fresh=False) if _rectifies(operation) else None


def zeros(operation: Any, rank: int, channels_last: bool) -> list | None:
    """Returns the zeros that a padding adds to each axis, in PyTorch's order of axes.

    Args:
        operation: Any operation.
        rank: Rank of the tensor that it makes.
        channels_last: How the tensors of the plan are ordered in Keras.
    """
    if type(operation) is not _PADDINGS.get(rank):
        return None
    space = [tuple(pair) for pair in operation.padding]
    last = operation.data_format == "channels_last"
    pads = [*space, (0, 0)] if last else [(0, 0), *space]
    return [pads[-1], *pads[:-1]] if channels_last else pads


def _spatial(layer: Any, channels_last: bool, pack: Pack) -> Move | None:
    if (layer.data_format == "channels_last") != channels_last:
        return None
    if type(layer) in CONVOLUTIONS:
        return _convolution(layer, pack(layer))
    return _pooling(layer, channels_last)


def _convolution(layer: Any, packed: Any) -> Move:
    activation = kernels.activation_of(layer)

    def make(mine: Sequence[bool], extra: Extra | None) -> Compute:
        sides = None if extra is None else extra.sides

        def compute(given: Sequence[Any], training: bool | None) -> Any:
            kernel = None if torch.is_grad_enabled() else packed
            out = kernels.convolve(layer, given[0], sides, kernel)
            return out if activation is None else activation(out)

        return compute

    return Move(make, fresh=activation is None)


def _pooling(layer: Any, channels_last: bool) -> Move:
    def compute(given: Sequence[Any], training: bool | None) -> Any:
        x = given[0]
        if all(low == high for low, high in kernels.pool_pads(layer, x)):
            return kernels.pool(layer, x)
        out = type(layer).call(layer, to_keras(x, channels_last))
        return to_native(out, channels_last)

    def make(mine: Sequence[bool], extra: Extra | None) -> Compute:
        if extra is None:
            return compute
        size = extra.size or layer.pool_size
        return lambda given, _: kernels.max_pool(layer, given[0], size, extra.sides)

    return Move(make, fresh=False)


def _normalization(layer: Any, rank: int, channels_last: bool) -> Move | None:
    if layer.axis % rank != (rank - 1 if channels_last else 1):
        return None

    def compute(given: Sequence[Any], training: bool | None) -> Any:
        x = given[0]
        if kernels.normalizable(layer, x, training):
            return kernels.normalize_in_place(layer, x, training)
        out = type(layer).call(layer, to_keras(x, channels_last), training=training)
        return to_native(out, channels_last)

    return Move(lambda mine, extra: compute)


def _adds(node: Any) -> bool:
    """Says whether a call adds two tensors of one shape."""
    operation = node.operation
    layer = isinstance(operation, keras.layers.Layer)
    if type(operation) is not keras.layers.Add and (
        layer or type(operation).__name__ != "Add"
    ):
        return False
    shapes = [tuple(tensor.shape) for tensor in node.input_tensors]
    return len(shapes) == 2 and shapes[0] == shapes[1]


def _addition(mine: Sequence[bool], extra: Extra | None) -> Compute:
    def compute(given: Sequence[Any], training: bool | None) -> Any:
        left, right = given
        if left.shape == right.shape and any(mine):
            return left.add_(right) if mine[0] else right.add_(left)
        return left + right

    return compute


def _rectifies(operation: Any) -> bool:
    if type(operation) is keras.layers.Activation:
        return operation.activation is _RELU
    if type(operation) is keras.layers.ReLU:
        limits = operation.max_value, operation.negative_slope, operation.threshold
        return limits == (None, 0.0, 0.0)
    layer = isinstance(operation, keras.layers.Layer)
    return not layer and type(operation).__name__ == "Relu"


def _rectification(mine: Sequence[bool], extra: Extra | None) -> Compute:
    rectify = torch.relu_ if mine[0] else torch.relu
    return lambda given, _: rectify(given[0])
