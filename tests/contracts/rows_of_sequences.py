"""What is public for sequences and has no published form of its own."""

import keras

import keras_residual as kr
from keras_residual.compose.operations.turning import channels_last

from .row import Row

SEQUENCE = (9, 4)
_no_weight_norm = "Keras has no weight normalisation"


def _in_any_format(layer):
    """A layer that takes the channels for the last axis, as parts apply it."""
    return lambda x: channels_last(x, layer, layer.name)


def _attending(x):
    return kr.layers.HeadAttention(2, causal=True, name="attention")([x, x, x])


_attending.name = "attention"


SEQUENCES = [
    Row("parts.affine", kr.parts.affine, SEQUENCE),
    Row(
        "parts.weight_norm_conv",
        lambda: kr.parts.weight_norm_conv(8, 3),
        ours=_no_weight_norm,
    ),
    Row(
        "layers.Basis",
        lambda: kr.layers.Basis("trend", 6, degree=7, name="basis"),
        (8,),
        ours="Keras has no layer of fixed functions of time",
    ),
    Row(
        "layers.HeadAttention",
        lambda: _in_any_format(_attending),
        SEQUENCE,
        ours="Keras has no attention without projections",
    ),
    Row(
        "layers.Positions",
        lambda: _in_any_format(kr.layers.Positions(9, name="positions")),
        SEQUENCE,
        ours="Keras has no layer of learned positions",
    ),
    Row(
        "layers.Token",
        lambda: _in_any_format(kr.layers.Token(name="token")),
        SEQUENCE,
        ours="Keras has no layer of a learned step",
    ),
    Row(
        "layers.WeightNorm",
        lambda: kr.layers.WeightNorm(
            keras.layers.Conv1D(3, 3, use_bias=False, name="conv"), name="normed"
        ),
        SEQUENCE,
        ours=_no_weight_norm,
    ),
]
