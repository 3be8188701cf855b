"""Layers that TensorFlow's converters follow only where they are said otherwise."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
from keras import ops

_CHANNELS_FIRST = {1: "NCW", 2: "NCHW"}


def say_otherwise(layer: Any, *, to_onnx: bool) -> None:
    """Changes how a layer computes, and not what.

    Args:
        layer: A layer of a copy that only the converter sees.
        to_onnx: Whether tf2onnx reads it, which knows no compiled functions.
    """
    own: Any = vars(layer)  # past Keras: no state to track
    if type(layer) is keras.layers.UpSampling2D and layer.interpolation != "nearest":
        own["call"] = partial(_enlarged, layer)
    elif getattr(layer, "groups", 1) == 1:
        return
    elif type(layer) is keras.layers.Conv3D:
        own["convolution_op"] = partial(_group_by_group, layer)
    elif to_onnx and type(layer) in (keras.layers.Conv1D, keras.layers.Conv2D):
        own["call"] = partial(_grouped, layer)


def _enlarged(layer: Any, inputs: Any) -> Any:
    """Resizes to sizes that TensorFlow finds out: Keras asks first if they are 0."""
    import tensorflow as tf

    first = layer.data_format == "channels_first"
    x = tf.transpose(inputs, [0, 2, 3, 1]) if first else inputs
    sizes = tf.shape(x)[1:3] * tf.constant(layer.size)
    made = tf.image.resize(x, sizes, method=layer.interpolation)
    made = tf.cast(made, inputs.dtype)
    return tf.transpose(made, [0, 3, 1, 2]) if first else made


def _grouped(layer: Any, inputs: Any) -> Any:
    """Convolves without XLA, in which Keras wraps it because it runs on no CPU else."""
    import tensorflow as tf

    x, padding = inputs, layer.padding
    first = layer.data_format == "channels_first"
    if padding == "causal":
        around = [[0, 0], [layer.dilation_rate[0] * (layer.kernel_size[0] - 1), 0]]
        x = tf.pad(x, [[0, 0], *around] if first else [*around, [0, 0]])
        padding = "valid"
    kernel, order = tf.convert_to_tensor(layer.kernel), None
    if first:
        order = _CHANNELS_FIRST[layer.rank]
    settings: Any = layer.strides, padding.upper(), order, layer.dilation_rate
    made = tf.nn.convolution(x, kernel, *settings)
    if layer.use_bias:
        ones = (1,) * layer.rank
        shape = (1, -1, *ones) if first else (1, *ones, -1)
        made = made + tf.reshape(layer.bias, shape)
    return layer.activation(made)


def _group_by_group(layer: Any, inputs: Any, kernel: Any) -> Any:
    """Convolves each group by itself: the converters lose the groups of three sizes."""
    axis = 1 if layer.data_format == "channels_first" else -1
    pictures: Any = ops.split(inputs, layer.groups, axis)
    kernels: Any = ops.split(kernel, layer.groups, -1)
    settings: Any = layer.strides, layer.padding, layer.data_format, layer.dilation_rate
    made = [ops.conv(*both, *settings) for both in zip(pictures, kernels, strict=True)]
    return ops.concatenate(made, axis)
