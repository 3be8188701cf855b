"""Layers that do nothing in inference are taken out."""

from __future__ import annotations

import keras

from keras_residual.compose.layers import DropPath
from keras_residual.transforms.call import Call
from keras_residual.transforms.fuse.affine import affine_of
from keras_residual.transforms.fuse.outputs import must_pass_its_name
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    class_of,
    config_of,
    full_name,
    one_input,
    plain_input,
    same_mask,
)

_L = keras.layers
_IDLE = frozenset(
    {
        _L.ActivityRegularization,
        _L.AlphaDropout,
        _L.Dropout,
        _L.GaussianDropout,
        _L.GaussianNoise,
        _L.Identity,
        _L.SpatialDropout1D,
        _L.SpatialDropout2D,
        _L.SpatialDropout3D,
    }
)
# Not `RandomCrop`: its shape is that of what it crops in training, and in inference it
# crops nothing. Nor what is not random.
_AUGMENT = frozenset(
    {
        _L.AugMix,
        _L.CutMix,
        _L.MixUp,
        _L.RandAugment,
        _L.RandomBrightness,
        _L.RandomColorDegeneration,
        _L.RandomColorJitter,
        _L.RandomContrast,
        _L.RandomElasticTransform,
        _L.RandomErasing,
        _L.RandomFlip,
        _L.RandomGaussianBlur,
        _L.RandomGrayscale,
        _L.RandomHue,
        _L.RandomInvert,
        _L.RandomPerspective,
        _L.RandomPosterization,
        _L.RandomRotation,
        _L.RandomSaturation,
        _L.RandomSharpness,
        _L.RandomShear,
        _L.RandomTranslation,
        _L.RandomZoom,
    }
)
_OF_ONE = frozenset(
    {_L.Add, _L.Average, _L.Concatenate, _L.Maximum, _L.Minimum, _L.Multiply}
)
_UNLISTED = frozenset({"applications.convnext.StochasticDepth"})


def fold(work: Work, call: Call) -> str | None:
    """Takes out what augments, a dropout, noise, an identity, a merge or scale of one.

    A model inside goes too, once nothing is left in it.

    Raises:
        NotApplicable: It is told to train, it changes the dtype, or an output has its
            name.
    """
    if _never_trains(work, call):
        value = one_input(call)
    elif _is_idle(call):
        value = plain_input(call)
    else:
        return None
    output = call.outputs[0]
    if value.dtype != output.dtype:
        raise NotApplicable(f"it changes the dtype: {value.dtype} and {output.dtype}")
    same_mask(value, output)
    must_pass_its_name(work, call, work.draft.maker(value))
    work.draft.replace(output, value)
    work.draft.remove(call)
    return "out: it does nothing in inference"


def _never_trains(work: Work, call: Call) -> bool:
    """Says whether it is idle although Keras may have noted `training=True` of it.

    That is the default of what augments, and Keras hands it on to what comes after.
    """
    if class_of(call) is _L.Pipeline:
        return all(type(layer) in _AUGMENT for layer in call.operation.layers)
    inner = work.draft.family.get(id(call.operation))
    empty = inner is not None and keras.tree.flatten(inner.outputs) == inner.inputs
    return empty or class_of(call) in _AUGMENT


def _is_idle(call: Call) -> bool:
    kind = class_of(call)
    if kind in _IDLE or full_name(call) in _UNLISTED:
        return True
    if kind in _OF_ONE:
        return len(call.reads) == 1
    if kind is keras.layers.Activation:
        return config_of(call)["activation"] == "linear"
    if kind is DropPath and call.operation.rescale == "none":
        return True
    if kind is keras.layers.BatchNormalization:
        return False  # too dear to ask: its epsilon always scales
    affine = affine_of(call)
    return affine is not None and bool(
        (affine.scale == 1).all() and (affine.shift == 0).all()
    )
