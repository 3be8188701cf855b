"""Convolution, norm and pooling by PyTorch's own kernels, in its order of axes.

Every kernel takes and returns `(batch, channels, *space)`, whatever the memory holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import keras
import torch
import torch.nn.functional as tnn

_CONVOLUTIONS = {4: torch.conv2d, 5: torch.conv3d}
_MAX_POOLS = {4: tnn.max_pool2d, 5: tnn.max_pool3d}
_AVERAGE_POOLS = {4: tnn.avg_pool2d, 5: tnn.avg_pool3d}


def convolve(layer: Any, x: Any, padding: Any = None) -> Any:
    """Computes a convolution, bias included, without the layer's activation.

    Args:
        layer: A Keras convolution.
        x: What it reads.
        padding: Zeros on either side of each axis of space; by default the layer's own.
    """
    kernel = _value(layer.kernel)
    axes = range(kernel.ndim - 2)
    if isinstance(layer, _DEPTHWISE):
        kernel = kernel.reshape(*kernel.shape[:-2], 1, -1)
    weight = kernel.permute(-1, -2, *axes)
    if padding is None:
        x, padding = _padded(layer, x)
    bias = _value(layer.bias) if layer.use_bias else None
    groups = x.shape[1] // weight.shape[1]
    call = _CONVOLUTIONS[x.ndim]
    return call(x, weight, bias, layer.strides, padding, layer.dilation_rate, groups)


def normalize(layer: Any, x: Any, training: bool | None) -> Any:
    """Normalises as Keras does, moving statistics included.

    PyTorch corrects the variance that it keeps for the size of the sample, Keras does
    not. So the statistics of the batch are asked for and kept Keras's way.

    Args:
        layer: A Keras batch normalisation.
        x: What it reads: at least two values a channel where it trains.
        training: Whether the statistics are those of the batch.
    """
    gamma = _value(layer.gamma).to(x.dtype) if layer.scale else None
    beta = _value(layer.beta).to(x.dtype) if layer.center else None
    epsilon = layer.epsilon
    mean, variance = _value(layer.moving_mean), _value(layer.moving_variance)
    mean, variance = mean.to(x.dtype), variance.to(x.dtype)
    if not (training and layer.trainable):
        return torch.batch_norm(
            x, gamma, beta, mean, variance, False, 0.0, epsilon, False
        )
    found = x.new_zeros((2, x.shape[1]))
    out = torch.batch_norm(
        x, gamma, beta, found[0], found[1], True, 1.0, epsilon, False
    )
    size = x.numel() // x.shape[1]
    with torch.no_grad():
        keep, take = layer.momentum, 1.0 - layer.momentum
        layer.moving_mean.assign(mean * keep + found[0] * take)
        biased = take * (size - 1) / size
        layer.moving_variance.assign(variance * keep + found[1] * biased)
    return out


def normalizable(layer: Any, x: Any, training: bool | None) -> bool:
    """Says whether there are enough values to take statistics of.

    Args:
        layer: A Keras batch normalisation.
        x: What it reads, channels in the second place.
        training: Whether the statistics are those of the batch.
    """
    return not (training and layer.trainable) or x.numel() >= 2 * x.shape[1]


def pool(layer: Any, x: Any) -> Any:
    """Computes a pooling whose padding, if any, is the same on both sides.

    Args:
        layer: A Keras max or average pooling.
        x: What it reads.
    """
    if math.prod(layer.pool_size) == 1:
        return x[
            (slice(None), slice(None), *(slice(None, None, n) for n in layer.strides))
        ]
    before = [low for low, _ in pool_pads(layer, x)]
    if isinstance(layer, _MAX_POOLING):
        return _MAX_POOLS[x.ndim](x, layer.pool_size, layer.strides, before)
    call = _AVERAGE_POOLS[x.ndim]
    return call(x, layer.pool_size, layer.strides, before, count_include_pad=False)


def pool_pads(layer: Any, x: Any) -> list[tuple[int, int]]:
    """Returns what a pooling adds before and after each axis of space.

    Args:
        layer: A Keras pooling.
        x: What it reads.
    """
    if layer.padding == "valid":
        return [(0, 0)] * (x.ndim - 2)
    return _same(x.shape[2:], layer.pool_size, layer.strides, [1] * (x.ndim - 2))


def pad(x: Any, pads: Sequence[tuple[int, int]]) -> Any:
    """Adds zeros before and after each axis but the batch's.

    Args:
        x: What is padded.
        pads: For each axis after the first.
    """
    return tnn.pad(x, list(chain.from_iterable(reversed(pads))))


def activation_of(layer: Any) -> Callable[[Any], Any] | None:
    """Returns the activation inside a layer, if it has one.

    Args:
        layer: A Keras layer.
    """
    function = layer.activation
    return None if function in (None, keras.activations.linear) else function


def _padded(layer: Any, x: Any) -> tuple[Any, Any]:
    if layer.padding == "valid":
        return x, 0
    size, strides = layer.kernel_size, layer.strides
    pads = _same(x.shape[2:], size, strides, layer.dilation_rate)
    if all(low == high for low, high in pads):
        return x, [low for low, _ in pads]
    return pad(x, [(0, 0), *pads]), 0


def _same(shape: Any, size: Any, strides: Any, dilation: Any) -> list[tuple[int, int]]:
    found = []
    for n, k, stride, spread in zip(shape, size, strides, dilation, strict=True):
        total = max(0, (math.ceil(n / stride) - 1) * stride + (k - 1) * spread + 1 - n)
        found.append((total // 2, total - total // 2))
    return found


def _value(variable: Any) -> Any:
    return variable if isinstance(variable, torch.Tensor) else variable.value


_DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)
_MAX_POOLING = (keras.layers.MaxPooling2D, keras.layers.MaxPooling3D)
