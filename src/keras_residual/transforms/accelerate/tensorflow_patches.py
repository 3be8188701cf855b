"""What each pixel of a convolution's result is made of, gathered for a matrix product.

TensorFlow has an operation that extracts patches, but its gradient is a sparse product;
slices side by side are faster, but their gradients are sums of padded images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from keras_residual.graph.padding import same_pads
from keras_residual.transforms.accelerate.patches import readers, windows


def patches(x: Any, layer: Any) -> Any:
    """Returns the elements that each pixel of the result reads, in the kernel's order.

    Args:
        x: Pixels `(batch, height, width, channels)`; all but the batch are known.
        layer: A Keras `Conv2D` without dilation, channels last.

    Returns:
        A tensor `(batch, rows, columns, taps * channels)`.
    """
    _, height, width, channels = x.shape
    sizes = (height, width), layer.kernel_size, layer.strides
    pads = same_pads(*sizes, (1, 1)) if layer.padding == "same" else [(0, 0)] * 2
    taps = windows(*sizes, pads)
    pixels = tf.reshape(x, (-1, height * width, channels))
    rows, columns, down, right = taps.shape
    shape = -1, rows, columns, down * right * channels
    return tf.reshape(_gather(pixels, taps), shape)


def _gather(pixels: Any, taps: np.ndarray) -> Any:
    count = pixels.shape[1]

    @tf.custom_gradient
    def gather(pixels: Any) -> Any:
        def gradient(slopes: Any) -> Any:
            terms = tf.gather(_and_zeros(slopes), readers(taps, count), axis=1)
            return tf.reduce_sum(terms, 2)

        return tf.gather(_and_zeros(pixels), taps.reshape(-1), axis=1), gradient

    return gather(pixels)


def _and_zeros(x: Any) -> Any:
    return tf.pad(x, [(0, 0), (0, 1), (0, 0)])
