"""Lets the copy of a model compute in a way that converters can follow."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
from keras import ops

from keras_residual.rewrite.accelerate.survey import layers_of

NORMS = (keras.layers.LayerNormalization, keras.layers.RMSNormalization)


def make_traceable(model: keras.Model) -> None:
    """Changes how some layers compute, and not what.

    Args:
        model: A copy that only the converter sees.
    """
    on_torch = keras.config.backend() == "torch"
    for _, layer in layers_of(model):
        own: Any = vars(layer)  # past Keras: no state to track
        if isinstance(layer, keras.layers.Normalization):
            # tf2onnx 1.17 makes one more input of a tensor that a layer keeps.
            for name in ("mean", "variance"):
                own[name] = ops.convert_to_numpy(getattr(layer, name))
        elif on_torch and isinstance(layer, NORMS) and _is_native(layer):
            own["call"] = partial(_norm, layer)


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
