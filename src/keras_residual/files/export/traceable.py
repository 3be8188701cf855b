"""Lets the copy of a model compute in a way that converters can follow."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_residual.graph.windows import same_pads
from keras_residual.transforms.accelerate.survey import layers_of, sizes_into

NORMS = (keras.layers.LayerNormalization, keras.layers.RMSNormalization)
POOLS = (keras.layers.MaxPooling1D, keras.layers.MaxPooling2D)
STRIDED = (
    *POOLS,
    *(keras.layers.Conv1D, keras.layers.Conv2D),
    *(keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D),
    *(keras.layers.SeparableConv1D, keras.layers.SeparableConv2D),
)


def make_traceable(model: keras.Model, *, to_onnx: bool) -> None:
    """Changes how some layers compute, and not what.

    Args:
        model: A copy that only the converter sees.
        to_onnx: Whether ONNX is written, perhaps on the way to another format.
    """
    backend = keras.config.backend()
    on_torch = backend == "torch"
    for _, layer in layers_of(model):
        own: Any = vars(layer)  # past Keras: no state to track
        if isinstance(layer, keras.layers.Normalization):
            # tf2onnx 1.17 makes one more input of a tensor that a layer keeps.
            for name in ("mean", "variance"):
                own[name] = ops.convert_to_numpy(getattr(layer, name))
        elif backend == "tensorflow":
            _for_tensorflow(layer, to_onnx=to_onnx)
        elif on_torch and isinstance(layer, NORMS) and _is_native(layer):
            own["call"] = partial(_norm, layer)
        elif on_torch and (pads := _known_pads(layer)):
            layer.padding = "valid"
            own["call"] = partial(_padded, layer, pads)


def _is_native(layer: Any) -> bool:
    """Says whether Keras calls PyTorch's function, whose sizes have to be constants.

    While PyTorch 2.13 traces, the sizes of a tensor are tensors.
    """
    axes = list(layer.axis)
    contiguous = axes == [axes[0] + k for k in range(len(axes))]
    return contiguous and not getattr(layer, "rms_scaling", False)


def _norm(layer: Any, inputs: Any) -> Any:
    """Computes what PyTorch does: over the last axes, in single precision or better."""
    axes = tuple(range(-len(layer.axis), 0))
    x: Any = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
    if hasattr(layer, "beta"):
        x = x - ops.mean(x, axes, keepdims=True)
        gamma, beta = layer.gamma, layer.beta
    else:
        gamma, beta = layer.scale, None
    x = x * ops.rsqrt(ops.mean(ops.square(x), axes, keepdims=True) + layer.epsilon)
    x = x if gamma is None else x * gamma
    x = x if beta is None else x + beta
    return ops.cast(x, layer.compute_dtype)


def _known_pads(layer: Any) -> list[tuple[int, int]] | None:
    """Returns what stands around the images of a layer that strides, if it is known.

    Keras finds it out from sizes, which are tensors while PyTorch 2.13 traces.
    """
    if type(layer) not in STRIDED or layer.padding != "same":
        return None
    found = sizes_into(layer)
    if len(found) != 1 or None in (sizes := found.pop()) or set(layer.strides) == {1}:
        return None
    window = layer.pool_size if isinstance(layer, POOLS) else layer.kernel_size
    around = same_pads(sizes, window, layer.strides, [1] * len(window))
    first = layer.data_format == "channels_first"
    return [(0, 0), (0, 0), *around] if first else [(0, 0), *around, (0, 0)]


def _padded(layer: Any, pads: list[tuple[int, int]], inputs: Any) -> Any:
    nothing = -np.inf if isinstance(layer, POOLS) else 0.0
    return type(layer).call(layer, ops.pad(inputs, pads, constant_values=nothing))


_CHANNELS_FIRST = {1: "NCW", 2: "NCHW"}


def _for_tensorflow(layer: Any, *, to_onnx: bool) -> None:
    """Does so for TensorFlow's converters; tf2onnx knows no compiled functions."""
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
