"""The weights that weight decay must leave alone."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual._keras import layers_in
from keras_residual.compose.layers.streams.stream import StreamLayer
from keras_residual.graph.functional import no_model

_NAMES = ("alpha", "beta", "bias", "gain", "gamma", "scale")
_STATIC = ("correct", "mix", "predict", "query", "read", "weight", "write")


def no_decay(model: keras.Model) -> list[keras.Variable]:
    """Returns the weights that weight decay must leave alone, of any built model.

    Decay pulls kernels towards zero. A bias, the scale or the shift of a norm, or the
    factor of a branch (ReZero, LayerScale, a gate) at zero is a unit that is switched
    off; the static maps of a connection and the queries of attention residuals at zero
    mix nothing, or all alike.

    These are all trained weights of fewer than two axes; those of more that are a bias,
    a scale or a shift by their name, as in attention; and the static maps. Kernels and
    embeddings are left out.

    Reference:
        Jia et al., Highly Scalable Deep Learning Training System with Mixed-Precision,
        2018, https://arxiv.org/abs/1807.11205.

    Args:
        model: Any Keras model or layer that has its weights.

    Returns:
        The weights, in the order of the model, for
        `optimizer.exclude_from_weight_decay`, before the first step.

    Raises:
        KindError: If this is no Keras model or layer.

    Examples:
        >>> inputs = keras.Input((8,))
        >>> block = kr.Residual([kr.norm("layer"), kr.dense(8), kr.scale(0.0)])
        >>> model = keras.Model(inputs, block(inputs))
        >>> [weight.name for weight in kr.no_decay(model)]
        ['gamma', 'beta', 'bias', 'scale']
        >>> optimizer = keras.optimizers.AdamW()
        >>> optimizer.exclude_from_weight_decay(var_list=kr.no_decay(model))
    """
    if not isinstance(model, keras.layers.Layer):
        raise no_model("no_decay: weights are those of a Keras model or layer.", model)
    static = {
        id(weight)
        for layer in layers_in(model, itself=True)
        if isinstance(layer, StreamLayer)
        for weight in layer.trainable_weights
        if weight.name in _STATIC
    }
    return [
        weight
        for weight in model.trainable_variables
        if _is_flat(weight) or id(weight) in static
    ]


def _is_flat(weight: Any) -> bool:
    name = weight.name.rpartition("_")[2]  # such as `recurrent_bias`
    return len(weight.shape) < 2 or name in _NAMES
