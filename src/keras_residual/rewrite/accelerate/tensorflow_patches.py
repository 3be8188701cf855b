"""What each pixel of a convolution's result is made of, gathered for a matrix product.

TensorFlow has an operation that extracts patches, but its gradient is a sparse product;
slices side by side are faster, but their gradients are sums of padded images. A gather
by constant indices copies pixels whole, and what it copied from where is known both
ways.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.lib.stride_tricks import sliding_window_view

from keras_residual.read.padding import same_pads


def patches(x: Any, layer: Any) -> Any:
    """Returns the elements that each pixel of the result reads, in the kernel's order.

    Args:
        x: Pixels `(batch, height, width, channels)`; all but the batch are known.
        layer: A Keras `Conv2D` without dilation, channels last.

    Returns:
        A tensor `(batch, rows, columns, taps * channels)`.
    """
    windows = _windows(x.shape[1:3], layer)
    channels = x.shape[3]
    taken = _gathering(windows.reshape(-1), x.shape[1], x.shape[2], channels)(x)
    taps = layer.kernel_size[0] * layer.kernel_size[1]
    return tf.reshape(taken, (-1, *windows.shape[:2], taps * channels))


def _windows(size: Any, layer: Any) -> np.ndarray:
    """Returns the number of the pixel that each tap of each window reads."""
    pixels = np.arange(size[0] * size[1]).reshape(size)
    if layer.padding == "same":
        pads = same_pads(size, layer.kernel_size, layer.strides, (1, 1))
        pixels = np.pad(pixels, pads, constant_values=pixels.size)  # a pixel of zeros
    down, right = layer.strides
    return sliding_window_view(pixels, layer.kernel_size)[::down, ::right]


def _gathering(taps: np.ndarray, height: int, width: int, channels: int) -> Any:
    readers = _readers(taps, height * width)

    @tf.custom_gradient
    def gathered(x: Any) -> Any:
        def gradient(slopes: Any) -> Any:
            terms = tf.gather(_and_zeros(slopes), readers, axis=1)
            return tf.reshape(tf.reduce_sum(terms, 2), (-1, height, width, channels))

        pixels = tf.reshape(x, (-1, height * width, channels))
        return tf.gather(_and_zeros(pixels), taps, axis=1), gradient

    return gathered


def _readers(taps: np.ndarray, pixels: int) -> np.ndarray:
    """Returns, for each pixel, the taps that read it; where fewer do, one of zeros."""
    found = [np.flatnonzero(taps == pixel) for pixel in range(pixels)]
    most = max(map(len, found))
    return np.array(
        [[*each, *[len(taps)] * (most - len(each))] for each in found], "int32"
    )


def _and_zeros(x: Any) -> Any:
    return tf.pad(x, [(0, 0), (0, 1), (0, 0)])
