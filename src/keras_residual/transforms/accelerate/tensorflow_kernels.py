"""A batch normalisation by the fused kernel, a convolution by a matrix product.

Keras writes the norm out: moments, a difference, a product, a sum, and as many passes
back. The fused kernel makes two, and keeps nothing but the input for the gradient. And
a convolution re-orders its weights at each call, which a matrix product does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_residual._keras import trains
from keras_residual.graph.kinds import pointwise
from keras_residual.transforms.accelerate.tensorflow_patches import patches

_HALVES = (tf.float16, tf.bfloat16)


def normalization(layer: Any) -> Callable[..., Any]:
    """Returns what stands in for the `call` of a batch normalisation.

    Args:
        layer: A Keras layer that normalises its last axis.
    """

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None or not _takes(inputs, tf.float32, *_HALVES):
            return type(layer).call(layer, inputs, training=training, mask=mask)
        x = tf.cast(inputs, tf.float32)
        channels = inputs.shape[-1]
        if x.shape.rank != 4:
            x = tf.reshape(x, (-1, 1, 1, channels))
        out = _normalize(layer, x, bool(training and layer.trainable))
        if inputs.shape.rank != 4:
            out = tf.reshape(out, tf.shape(inputs))
            out.set_shape(inputs.shape)
        return tf.cast(out, layer.compute_dtype)

    return call


def _normalize(layer: Any, x: Any, batch: bool) -> Any:
    mean = tf.convert_to_tensor(layer.moving_mean)
    variance = tf.convert_to_tensor(layer.moving_variance)
    gamma = tf.convert_to_tensor(layer.gamma) if layer.scale else tf.ones_like(mean)
    beta = tf.convert_to_tensor(layer.beta) if layer.center else tf.zeros_like(mean)
    found = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=gamma,
        offset=beta,
        mean=[] if batch else mean,
        variance=[] if batch else variance,
        epsilon=layer.epsilon,
        is_training=batch,
    )
    if batch:
        keep, take = layer.momentum, 1.0 - layer.momentum
        # The kernel corrects the variance for the size of the sample, Keras does not.
        size = tf.cast(tf.size(x) // tf.size(mean), tf.float32)
        biased = found.batch_variance * ((size - 1.0) / size)
        layer.moving_mean.assign(mean * keep + found.batch_mean * take)
        layer.moving_variance.assign(variance * keep + biased * take)
    return found.y


def as_product(layer: Any) -> Callable[..., Any]:
    """Returns what stands in for the `call` of a convolution.

    Only a step of training gains: in inference TensorFlow fuses what follows.

    Args:
        layer: A Keras `Conv2D` without groups and dilation, channels last.
    """

    def call(inputs: Any) -> Any:
        if not (trains() and _takes(inputs, tf.float32) and _known(layer, inputs)):
            return type(layer).call(layer, inputs)
        x = _operand(layer, inputs)
        kernel = tf.reshape(layer.kernel, (-1, layer.filters))
        out = tf.tensordot(x, kernel, 1)
        if layer.use_bias:
            out = tf.nn.bias_add(out, tf.convert_to_tensor(layer.bias))
        return out if layer.activation is None else layer.activation(out)

    return call


def _operand(layer: Any, x: Any) -> Any:
    if not pointwise(layer):
        return patches(x, layer)
    if layer.strides == (1, 1):
        return x
    # a slice's gradient is slow, this one's is not
    return tf.nn.avg_pool2d(x, 1, layer.strides, "VALID")


def _known(layer: Any, x: Any) -> bool:
    return pointwise(layer) or None not in x.shape[1:]


def _takes(x: Any, *dtypes: Any) -> bool:
    return isinstance(x, tf.Tensor) and x.dtype in dtypes and 0 not in x.shape
