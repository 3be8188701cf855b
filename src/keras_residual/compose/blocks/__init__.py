"""Published blocks: functions that fill the slots of the equation."""

from keras_residual.common.late import public
from keras_residual.compose.blocks.convnext import convnext, convnext_v2
from keras_residual.compose.blocks.densenet import densenet_layer, densenet_transition
from keras_residual.compose.blocks.grouped import resnext, se_bottleneck
from keras_residual.compose.blocks.levels import (
    resunet_level,
    unet_bottom,
    unet_level,
)
from keras_residual.compose.blocks.mixing import convmixer
from keras_residual.compose.blocks.mobile import (
    fused_mbconv,
    inverted_residual,
    mbconv,
)
from keras_residual.compose.blocks.normalizer_free import nf
from keras_residual.compose.blocks.postactivation import basic, bottleneck
from keras_residual.compose.blocks.preactivation import (
    preactivation,
    preactivation_bottleneck,
    wide,
)
from keras_residual.compose.blocks.pyramid import pyramid
from keras_residual.compose.blocks.reparametrised import mobileone, repvgg
from keras_residual.compose.blocks.res2net import res2net
from keras_residual.compose.blocks.restoration import edsr, rrdb
from keras_residual.compose.blocks.shares import ghost, ghost_module, shufflenet_v2
from keras_residual.compose.blocks.tabular import tabular
from keras_residual.compose.blocks.transforming import (
    macaron,
    parallel_transformer,
    sublayer,
    transformer,
)

__all__ = [
    "basic",
    "bottleneck",
    "convmixer",
    "convnext",
    "convnext_v2",
    "densenet_layer",
    "densenet_transition",
    "edsr",
    "fused_mbconv",
    "ghost",
    "ghost_module",
    "inverted_residual",
    "macaron",
    "mbconv",
    "mobileone",
    "nf",
    "parallel_transformer",
    "preactivation",
    "preactivation_bottleneck",
    "pyramid",
    "repvgg",
    "res2net",
    "resnext",
    "resunet_level",
    "rrdb",
    "se_bottleneck",
    "shufflenet_v2",
    "sublayer",
    "tabular",
    "transformer",
    "unet_bottom",
    "unet_level",
    "wide",
]

__dir__ = public(__all__)
