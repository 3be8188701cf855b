"""What stands in for the `call` of a Keras layer on PyTorch, one layer at a time.

Where a call is not about numbers (a graph being traced, a shape being asked for), or
is one that the kernels do not know, Keras's own `call` answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import torch

from keras_residual.transforms.accelerate import torch_kernels as kernels

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv2D,
)
POOLINGS = (
    *kernels.MAX_POOLINGS,
    keras.layers.AveragePooling2D,
    keras.layers.AveragePooling3D,
)


def patched_call(layer: Any) -> Callable[..., Any] | None:
    """Returns what stands in for a layer's `call`, or nothing where Keras's is best.

    Args:
        layer: A built Keras layer; a subclass may do anything and is left.
    """
    if type(layer) in CONVOLUTIONS:
        return _convolution(layer)
    if type(layer) in POOLINGS:
        return _pooling(layer)
    if type(layer) is keras.layers.BatchNormalization:
        return _normalization(layer)
    return None


def computes(x: Any) -> bool:
    """Says whether a call is about numbers.

    Args:
        x: What a layer is called on.
    """
    return (
        isinstance(x, torch.Tensor)
        and not x.is_meta
        and x.numel() > 0
        and not torch.compiler.is_compiling()
    )


def to_native(x: Any, channels_last: bool) -> Any:
    """Returns a view with the channels in the second place.

    Args:
        x: An image, sequence or volume as Keras orders its axes.
        channels_last: Whether the channels are its last axis.
    """
    return x.permute(0, -1, *range(1, x.ndim - 1)) if channels_last else x


def to_keras(x: Any, channels_last: bool) -> Any:
    """Returns a view with the channels where Keras has them.

    Args:
        x: What `to_native` returned, or was made of it.
        channels_last: Whether the channels become the last axis.
    """
    return x.permute(0, *range(2, x.ndim), 1) if channels_last else x


def _convolution(layer: Any) -> Callable[..., Any]:
    def call(inputs: Any) -> Any:
        if not computes(inputs):
            return type(layer).call(layer, inputs)
        last = layer.data_format == "channels_last"
        out = to_keras(kernels.convolve(layer, to_native(inputs, last)), last)
        activation = kernels.activation_of(layer)
        return out if activation is None else activation(out)

    return call


def _pooling(layer: Any) -> Callable[..., Any]:
    def call(inputs: Any) -> Any:
        if computes(inputs):
            last = layer.data_format == "channels_last"
            x = to_native(inputs, last)
            if all(low == high for low, high in kernels.pool_pads(layer, x)):
                return to_keras(kernels.pool(layer, x), last)
        return type(layer).call(layer, inputs)

    return call


def _normalization(layer: Any) -> Callable[..., Any]:
    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is None and computes(inputs):
            x = _by_channel(layer, inputs)
            if x is not None and kernels.normalizable(layer, x, training):
                x = x if x.dtype == torch.float64 else x.to(torch.float32)
                out = _as_before(layer, kernels.normalize(layer, x, training), inputs)
                return keras.ops.cast(out, layer.compute_dtype)
        return type(layer).call(layer, inputs, training=training, mask=mask)

    return call


def _by_channel(layer: Any, x: Any) -> Any:
    """Returns a view with the channels second, or nothing where there is none."""
    axis = layer.axis % x.ndim
    if axis == x.ndim - 1:
        # As one row of pixels: oneDNN's path for channels that lie innermost.
        rows = math.prod(x.shape[:-1])
        return x.reshape(1, rows, 1, x.shape[-1]).permute(0, 3, 1, 2)
    return x if axis == 1 else None


def _as_before(layer: Any, x: Any, before: Any) -> Any:
    if layer.axis % before.ndim == before.ndim - 1:
        return x.permute(0, 2, 3, 1).reshape(before.shape)
    return x
