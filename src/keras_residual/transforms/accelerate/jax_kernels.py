"""A convolution as a matrix product, for where XLA has no good kernel on a processor.

Its 1×1 kernels are slower than a product of the same numbers. And the gradient of a
wide convolution on a small image falls back to a loop: a hundred times slower than the
products that the gradient of a product is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_residual.graph.kinds import pointwise
from keras_residual.graph.padding import same_pads
from keras_residual.transforms.accelerate.survey import makes_few_pixels

_WIDE = 128  # channels: below, the patches are more work than the convolution
_SMALL = 64  # pixels of the result: above, the patches take much memory


def as_product(layer: Any) -> Callable[..., Any]:
    """Returns what stands in for the `call` of a convolution.

    Args:
        layer: A Keras `Conv2D` without groups and dilation, channels last.
    """

    def call(inputs: Any) -> Any:
        if not _takes(layer, inputs):
            return type(layer).call(layer, inputs)
        out = _product(_patches(layer, inputs), layer.kernel)
        if layer.use_bias:
            out = keras.ops.add(out, layer.bias)
        return out if layer.activation is None else layer.activation(out)

    return call


def _product(patches: Any, kernel: Any) -> Any:
    """Multiplies matrices: the gradient of what has more axes is many times slower."""
    *places, size = patches.shape
    rows = keras.ops.reshape(patches, (-1, size))
    out = keras.ops.matmul(rows, keras.ops.reshape(kernel, (size, -1)))
    return keras.ops.reshape(out, (*places, kernel.shape[-1]))


def _takes(layer: Any, x: Any) -> bool:
    """Says whether the numbers are usual; an exporter gives sizes that are none."""
    known = pointwise(layer) or all(isinstance(n, int) for n in x.shape[1:])
    return known and keras.backend.standardize_dtype(x.dtype) == "float32"


def pays(layer: Any) -> bool:
    """Says whether the product is faster for a convolution.

    Args:
        layer: A Keras `Conv2D` that stands in a graph or was called.
    """
    if pointwise(layer):
        return True
    return layer.kernel.shape[-2] >= _WIDE and makes_few_pixels(layer, _SMALL)


def _patches(layer: Any, x: Any) -> Any:
    """Returns, for each pixel of the result, the elements that it is made of."""
    if pointwise(layer):
        down, right = layer.strides
        return x[:, ::down, ::right]
    if layer.padding == "same":
        pads = same_pads(x.shape[1:-1], layer.kernel_size, layer.strides, (1, 1))
        x = keras.ops.pad(x, [(0, 0), *pads, (0, 0)])
    height, width = layer.kernel_size
    down, right = layer.strides
    rows = (x.shape[1] - height) // down * down + 1
    columns = (x.shape[2] - width) // right * right + 1
    taps = [
        x[:, i : i + rows : down, j : j + columns : right]
        for i in range(height)
        for j in range(width)
    ]
    return keras.ops.concatenate(taps, -1)
