"""TensorFlow: fused kernels for norms and optimizers, products for convolutions.

Keras writes a batch normalisation out: moments, a difference, a product, a sum, and as
many passes back. The fused kernel makes two, and keeps nothing but the input for the
gradient. And a convolution re-orders its weights at each call, which a matrix product
does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_residual._keras import place_of, trains
from keras_residual.graph.windows import is_pointwise, same_pads
from keras_residual.transforms.accelerate.patch_set import (
    Arrays,
    Compute,
    Descend,
    PatchSet,
    mean_square,
    while_set,
)
from keras_residual.transforms.accelerate.patches import readers, windows
from keras_residual.transforms.accelerate.survey import (
    is_plain,
    layers_of,
    makes_few_pixels,
    why_not,
    why_not_norm,
)

_WIDE = 128  # channels: below, the gain is lost in the noise
_FEW = 4  # pixels of the result, four times as many where it strides
_HALVES = (tf.float16, tf.bfloat16)


class TensorFlow(PatchSet):
    """What was done to a model on TensorFlow."""

    def install(self) -> None:
        """Replaces what pays."""
        trains = self.use == "training"
        by_product = trains and not tf.config.list_physical_devices("GPU")
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                self._replace_norm(path, layer)
            elif by_product and is_plain(layer) and not why_not(layer) and _pays(layer):
                self.replace_call(layer, while_set(layer, _as_product(layer)))
                self.note(layer, path, "matrix product in training")
        if trains and self.changes:
            self.replace_update("update_step", _update_by_kernel)

    def inference(self, compute: Compute) -> Compute:
        """Returns what answers as the model does now, traced: in less memory."""
        return self._traced(compute)

    def training(self, compute: Compute, weights: list[Any]) -> Descend:
        """Returns what descends as the model does now, traced: in less memory."""

        def descend(given: Arrays) -> tuple[list[Any], list[Any]]:
            with tf.GradientTape() as tape:
                made = compute(given)
                loss = mean_square(made)
            slopes = tape.gradient(loss, [variable.value for variable in weights])
            return made, [
                None if s is None else tf.convert_to_tensor(s) for s in slopes
            ]

        return self._traced(descend)

    def _traced(self, compute: Any) -> Any:
        if self.model.run_eagerly:
            return compute
        traced = tf.function(compute, autograph=False)
        return lambda given: traced(tuple(map(tf.convert_to_tensor, given)))

    def _replace_norm(self, path: str, layer: Any) -> None:
        if why := why_not_norm(layer) or _why_not_here(layer):
            self.leave(layer, path, why)
        else:
            self.replace_call(layer, while_set(layer, _normalization(layer)))
            self.note(layer, path, "fused kernel")


def _pays(layer: Any) -> bool:
    """Says whether a product trains faster: a convolution lays its kernel out anew.

    On large images that is less work than to copy each element as often as it is read.
    """
    if is_pointwise(layer):
        return True
    most = _FEW if layer.strides == (1, 1) else 4 * _FEW
    return layer.kernel.shape[-2] >= _WIDE and makes_few_pixels(layer, most)


def _why_not_here(layer: Any) -> str | None:
    rank = layer.input_spec.ndim
    if layer.axis % rank != rank - 1:
        return "the kernel for processors takes channels on the last axis"
    if layer.variable_dtype != "float32" or layer.compute_dtype == "float64":
        return "the kernel computes in float32"
    return None


def _normalization(layer: Any) -> Callable[..., Any]:
    """Returns what stands in for the `call` of a norm of its last axis."""

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


def _as_product(layer: Any) -> Callable[..., Any]:
    """Returns what stands in for the `call` of a plain convolution.

    Only a step of training gains: in inference TensorFlow fuses what follows.
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
    if not is_pointwise(layer):
        return _patches(x, layer)
    if layer.strides == (1, 1):
        return x
    # a slice's gradient is slow, this one's is not
    return tf.nn.avg_pool2d(x, 1, layer.strides, "VALID")


def _known(layer: Any, x: Any) -> bool:
    return is_pointwise(layer) or None not in x.shape[1:]


def _takes(x: Any, *dtypes: Any) -> bool:
    return isinstance(x, tf.Tensor) and x.dtype in dtypes and 0 not in x.shape


def _patches(x: Any, layer: Any) -> Any:
    """Returns the elements that each pixel of the result reads, in the kernel's order.

    They are gathered by index. TensorFlow has an operation that extracts patches, but
    its gradient is a sparse product; slices side by side are faster, but their
    gradients are sums of padded images.
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


def _update_by_kernel(optimizer: Any) -> Callable[[Any, Any, Any], None] | None:
    """Returns what makes momentum's step in one pass over memory, or nothing.

    Adam has a kernel, too. It takes 1 - beta_2 of rounded numbers, which is 5e-5 off.
    """
    if type(optimizer) is not keras.optimizers.SGD or not optimizer.momentum:
        return None

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not _updates(gradient, variable):
            own = type(optimizer).update_step
            own(optimizer, gradient, variable, learning_rate)
            return
        index = place_of(optimizer, variable)
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=optimizer.momentums[index].value.handle,
            lr=tf.cast(learning_rate, tf.float32),
            grad=gradient,
            momentum=optimizer.momentum,
            use_nesterov=optimizer.nesterov,
        )

    return update_step


def _updates(gradient: Any, variable: Any) -> bool:
    dense = isinstance(gradient, tf.Tensor) and isinstance(variable, tf.Variable)
    float32 = dense and gradient.dtype == variable.dtype == tf.float32
    return float32 and not tf.distribute.has_strategy()
