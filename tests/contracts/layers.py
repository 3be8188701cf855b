"""The layers of ours that blur, draw, share and standardise, as rows of the table."""

import keras_residual as kr

from .row import Row

SEQUENCE = (9, 4)

APART = "Keras has no layer that draws apart for the backward pass"
BLUR = "Keras pads with zeros alone, and has no blur"
STANDARDIZED = "Keras has no convolution that standardises its kernel"

MORE_LAYERS = [
    Row(
        "layers.BlurPool",
        lambda: kr.layers.BlurPool(2, 3, name="blur"),
        SEQUENCE,
        ours=BLUR,
    ),
    Row(
        "layers.Fusion",
        lambda: lambda x: kr.layers.Fusion(name="fusion")([x, x]),
        SEQUENCE,
        ours="Keras has no sum with learned shares",
    ),
    Row(
        "layers.ShakeShake",
        lambda: lambda x: kr.layers.ShakeShake(name="shake", per="batch")([x, x]),
        SEQUENCE,
        ours=APART,
    ),
    Row(
        "layers.ShakeDrop",
        lambda: kr.layers.ShakeDrop(0.5, name="shake", gate_per="sample"),
        SEQUENCE,
        ours=APART,
    ),
    Row(
        "layers.StandardizedConv",
        lambda: kr.layers.StandardizedConv(3, 3, 2, "same", name="conv"),
        SEQUENCE,
        ours=STANDARDIZED,
    ),
]
