"""TensorFlow: batch normalisation by the fused kernel.

Keras writes the norm out: moments, a difference, a product, a sum, and as many passes
back. The fused kernel makes two, and keeps nothing but the input for the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_residual.rewrite.accelerate.survey import layers_of, why_not_norm
from keras_residual.rewrite.accelerate.switch import Switch

_HALVES = (tf.float16, tf.bfloat16)


class TensorFlow(Switch):
    """What was done to a model on TensorFlow."""

    def install(self) -> None:
        """Replaces what pays."""
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                if why := why_not_norm(layer) or _why_not_here(layer):
                    self.leave(layer, path, why)
                else:
                    self.replace(layer, "call", _normalization(layer))
                    self.note(layer, path, "fused kernel")

    def differentiate(self, loss: Callable[[], Any], variables: list[Any]) -> list[Any]:
        """Returns the gradients of a number."""
        values = [variable.value for variable in variables]
        with tf.GradientTape() as tape:
            value = loss()
        slopes = tape.gradient(value, values)
        return [None if s is None else tf.convert_to_tensor(s) for s in slopes]


def _why_not_here(layer: Any) -> str | None:
    rank = layer.input_spec.ndim
    if layer.axis % rank != rank - 1:
        return "the kernel for processors takes channels on the last axis"
    if layer.variable_dtype == "float64" or layer.compute_dtype == "float64":
        return "the kernel computes in float32"
    return None


def _normalization(layer: Any) -> Callable[..., Any]:
    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None or not _takes(inputs):
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


def _takes(x: Any) -> bool:
    if not isinstance(x, tf.Tensor):
        return False
    return x.dtype in (tf.float32, *_HALVES) and 0 not in x.shape


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
