"""Convolution, norm and pooling by PyTorch's own kernels, in its order of axes.

Every kernel takes and returns `(batch, channels, *space)`, whatever the memory holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

import keras
import torch
import torch.nn.functional as tnn

from keras_residual._keras_mended import is_mended, skipped
from keras_residual.graph.windows import same_pads
from keras_residual.transforms.accelerate import torch_products as products

_CONVOLUTIONS = {4: torch.conv2d, 5: torch.conv3d}
_MAX_POOLS = {4: tnn.max_pool2d, 5: tnn.max_pool3d}
_AVERAGE_POOLS = {4: tnn.avg_pool2d, 5: tnn.avg_pool3d}

MAX_POOLINGS = (keras.layers.MaxPooling2D, keras.layers.MaxPooling3D)


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


def convolve(layer: Any, x: Any, sides: Any = None, packed: Any = None) -> Any:
    """Computes a convolution, bias included, without the layer's activation.

    Args:
        layer: A Keras convolution.
        x: What it reads.
        sides: Zeros on either side of each axis of space; by default the layer's own.
        packed: Its kernel in another order, if that is to compute.
    """
    if sides is None:
        x, sides = _padded(layer, x)
    bias = _value(layer.bias) if layer.use_bias else None
    if packed is not None:
        return packed.convolve(x, bias, sides)
    weight, strides = _native_kernel(layer), layer.strides
    groups = x.shape[1] // weight.shape[1]
    if is_mended(weight.shape[1], weight.shape[2:], strides) and not any(sides):
        x, strides = skipped(x, strides, 2), (1,) * len(strides)
    simple = x.ndim == 4 and groups == 1 and set(layer.dilation_rate) == {1}
    if simple and products.pays(x, weight, strides, sides):
        return products.convolve(x, weight, bias, strides, sides)
    call = _CONVOLUTIONS[x.ndim]
    return call(x, weight, bias, strides, sides, layer.dilation_rate, groups)


def _native_kernel(layer: Any) -> Any:
    """Returns a view of a kernel in PyTorch's order of axes."""
    kernel = _value(layer.kernel)
    if isinstance(layer, _DEPTHWISE):
        kernel = kernel.reshape(*kernel.shape[:-2], 1, -1)
    return kernel.permute(-1, -2, *range(kernel.ndim - 2))


def normalize(layer: Any, x: Any, training: bool | None) -> Any:
    """Normalises as Keras does, moving statistics included.

    PyTorch corrects the variance that it keeps for the size of the sample, Keras does
    not. So the kernel is given, and gives back, what PyTorch would have kept.

    Args:
        layer: A Keras batch normalisation.
        x: What it reads: at least two values a channel where it trains.
        training: Whether the statistics are those of the batch.
    """
    call = _norm_of(layer, x)
    mean, variance = _value(layer.moving_mean), _value(layer.moving_variance)
    if not _by_batch(layer, training):
        # The gradient reads them again, when a step of training may have moved them.
        apart = torch.is_grad_enabled()
        held = [one.to(x.dtype, copy=apart) for one in (mean, variance)]
        return call(*held, False, 0.0, layer.epsilon)
    bias = 1 - x.shape[1] / x.numel()
    moved, kept = mean.to(x.dtype, copy=True), variance.to(x.dtype) / bias
    out = call(moved, kept, True, 1 - layer.momentum, layer.epsilon)
    layer.moving_mean.assign(moved)
    layer.moving_variance.assign(kept * bias)
    return out


def normalize_in_place(layer: Any, x: Any, training: bool | None) -> Any:
    """Does what `normalize` does, and changes the statistics where they lie.

    It takes half as many small kernels, and knows of no scope in which Keras would keep
    the changes apart.

    Args:
        layer: A Keras batch normalisation whose variables have the dtype of `x`.
        x: What it reads: at least two values a channel where it trains.
        training: Whether the statistics are those of the batch.
    """
    if not _by_batch(layer, training):
        return normalize(layer, x, training)
    mean, variance = layer.moving_mean.value, layer.moving_variance.value
    bias = 1 - x.shape[1] / x.numel()
    # Each `data` is another name of the same memory. Autograd counts the changes of
    # what it remembers; of a batch's norm it remembers these, and reads others.
    variance.data.div_(bias)
    rest = True, 1 - layer.momentum, layer.epsilon
    out = _norm_of(layer, x)(mean.data, variance.data, *rest)
    variance.data.mul_(bias)
    return out


def _norm_of(layer: Any, x: Any) -> Callable[..., Any]:
    gamma = _value(layer.gamma).to(x.dtype) if layer.scale else None
    beta = _value(layer.beta).to(x.dtype) if layer.center else None
    return partial(torch.batch_norm, x, gamma, beta, cudnn_enabled=False)


def _by_batch(layer: Any, training: bool | None) -> bool:
    return bool(training and layer.trainable)


def normalizable(layer: Any, x: Any, training: bool | None) -> bool:
    """Says whether there are enough values to take statistics of.

    Args:
        layer: A Keras batch normalisation.
        x: What it reads, channels in the second place.
        training: Whether the statistics are those of the batch.
    """
    return not _by_batch(layer, training) or x.numel() >= 2 * x.shape[1]


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
    if isinstance(layer, MAX_POOLINGS):
        return max_pool(layer, x, layer.pool_size, before)
    call = _AVERAGE_POOLS[x.ndim]
    return call(x, layer.pool_size, layer.strides, before, count_include_pad=False)


def max_pool(layer: Any, x: Any, size: Any, sides: Any) -> Any:
    """Pools the maximum, at the strides of a layer.

    Args:
        layer: A Keras max pooling.
        x: What it reads.
        size: The window.
        sides: How many elements that never win stand on either side of each axis.
    """
    return _MAX_POOLS[x.ndim](x, size, layer.strides, sides)


def pool_pads(layer: Any, x: Any) -> list[tuple[int, int]]:
    """Returns what a pooling adds before and after each axis of space.

    Args:
        layer: A Keras pooling.
        x: What it reads.
    """
    if layer.padding == "valid":
        return [(0, 0)] * (x.ndim - 2)
    return same_pads(x.shape[2:], layer.pool_size, layer.strides, [1] * (x.ndim - 2))


def pad(x: Any, pads: Sequence[tuple[int, int]]) -> Any:
    """Adds zeros before and after each axis but the batch's.

    Args:
        x: What is padded.
        pads: For each axis after the first.
    """
    return tnn.pad(x, list(chain.from_iterable(reversed(pads))))


def _padded(layer: Any, x: Any) -> tuple[Any, Any]:
    if layer.padding == "valid":
        return x, (0,) * (x.ndim - 2)
    size, strides = layer.kernel_size, layer.strides
    pads = same_pads(x.shape[2:], size, strides, layer.dilation_rate)
    if all(low == high for low, high in pads):
        return x, [low for low, _ in pads]
    return pad(x, [(0, 0), *pads]), (0,) * len(pads)


def _value(variable: Any) -> Any:
    return variable if isinstance(variable, torch.Tensor) else variable.value


_DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)


class Packed:
    """A kernel a second time, in the order in which oneDNN computes with it.

    A convolution re-orders its kernel at each call; for one picture and a network like
    ResNet-50 that is a quarter of the time. It is packed anew when it, or what is read,
    changed.

    The order is the one for a size of batch and picture. For another it is right, too,
    but oneDNN would re-order it at each call.

    Args:
        layer: A Keras convolution of pictures.
    """

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._key: Any = None
        self._kernel: Any = None

    def convolve(self, x: Any, bias: Any, sides: Sequence[int]) -> Any:
        """Computes the convolution, past autograd.

        Args:
            x: What it reads, channels in the second place.
            bias: Its bias, or nothing.
            sides: Zeros on either side of each axis of space.
        """
        layer = self._layer
        kernel, value = _native_kernel(layer), layer.kernel.value
        groups = x.shape[1] // kernel.shape[1]
        steps = sides, layer.strides, layer.dilation_rate, groups
        key = value.data_ptr(), value._version, x.shape
        if key != self._key:
            self._kernel, self._key = _pack(kernel, *steps, x.shape), key
        convolution = torch.ops.mkldnn._convolution_pointwise
        return convolution(x, self._kernel, bias, *steps, "none", [], "")


def packed(layer: Any) -> Packed | None:
    """Returns a packed kernel, or nothing where this PyTorch has none.

    Args:
        layer: A Keras convolution.
    """
    value = layer.kernel.value
    fits = value.ndim == 4 and value.dtype == torch.float32
    here = value.device.type == "cpu" and torch.backends.mkldnn.is_available()
    known = hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    return Packed(layer) if fits and here and known else None


def _pack(kernel: Any, *rest: Any) -> Any:
    return torch.ops.mkldnn._reorder_convolution_weight(kernel, *rest)
