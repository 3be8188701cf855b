"""The layers of ours that Keras lacks, as rows of the table."""

import keras

import keras_residual as kr

from .row import Row

SEQUENCE = (9, 4)

NUMBER = "Keras has no layer that holds one learned number"
APART = "Keras has no layer that draws apart for the backward pass"
BLUR = "Keras pads with zeros alone, and has no blur"
ANY_SIZE = "Keras pads and crops by numbers alone"
STANDARDIZED = "Keras has no convolution that standardises its kernel"


def channel_axis() -> int:
    return 1 if keras.config.image_data_format() == "channels_first" else -1


def _with(layer, merge: str):
    """A part that merges the stream with what a layer holds."""
    kinds = {"add": keras.layers.Add, "multiply": keras.layers.Multiply}
    return lambda x: kinds[merge](name=f"{merge}_it")([x, layer(x)])


MORE_LAYERS = [
    Row(
        "layers.KeepMask",
        lambda: lambda x: kr.layers.KeepMask(name="keep")([x, x]),
        SEQUENCE,
        ours="Keras has no layer that hands a mask on",
    ),
    Row(
        "layers.OwnMask",
        lambda: kr.layers.OwnMask(name="own"),
        SEQUENCE,
        ours="Keras has no layer that copies a tensor with its mask",
    ),
    Row(
        "layers.PadToMultiple",
        lambda: kr.layers.PadToMultiple(4, axis=channel_axis(), name="pad"),
        SEQUENCE,
        ours=ANY_SIZE,
    ),
    Row(
        "layers.CropLike",
        lambda: (
            lambda x: kr.layers.CropLike(axis=channel_axis(), name="crop")(
                [kr.layers.PadToMultiple(4, axis=channel_axis(), name="pad")(x), x]
            )
        ),
        SEQUENCE,
        ours=ANY_SIZE,
    ),
    Row(
        "layers.SetMask",
        lambda: kr.layers.SetMask(name="mask"),
        SEQUENCE,
        ours="Keras has no layer that sets a mask",
    ),
    Row(
        "layers.AddLoss",
        lambda: lambda x: kr.layers.AddLoss(name="loss")([x, keras.ops.mean(x)]),
        SEQUENCE,
        ours="Keras has no layer that adds a tensor of a graph as a loss",
    ),
    Row(
        "layers.Constant",
        lambda: _with(kr.layers.Constant([[[1.0]]], name="one"), "add"),
        SEQUENCE,
        ours="Keras has no layer of an array",
    ),
    Row(
        "layers.Spare",
        lambda: kr.layers.Spare(
            shapes=[(3,)],
            weight_dtypes=["float32"],
            are_trainable=[False],
            name="spare",
        ),
        SEQUENCE,
        ours="Keras has no layer that only holds weights",
    ),
    Row(
        "layers.Spread",
        lambda: lambda x: kr.layers.Spread((None, None), name="spread")([x, x]),
        SEQUENCE,
        ours="Keras has no layer that asks for the batch of another",
    ),
    Row(
        "layers.Weight",
        lambda: _with(kr.layers.Weight(shape=(1, 1, 1), name="gamma"), "multiply"),
        SEQUENCE,
        ours="Keras has no layer of one weight",
    ),
    Row("layers.Scale", lambda: kr.layers.Scale(0.5, name="scale"), ours=NUMBER),
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
