"""Published blocks: functions that fill the slots of the equation."""

from keras_residual.common.late import public
from keras_residual.compose.blocks.causal import tcn, wavenet
from keras_residual.compose.blocks.convnext import convnext, convnext_v2
from keras_residual.compose.blocks.densenet import densenet_layer, densenet_transition
from keras_residual.compose.blocks.forecasting import gated_residual, nbeats, tide
from keras_residual.compose.blocks.graphs import gcnii
from keras_residual.compose.blocks.grouped import resnext, se_bottleneck
from keras_residual.compose.blocks.levels import (
    resunet_level,
    unet_bottom,
    unet_level,
)
from keras_residual.compose.blocks.mixers import mixer, res_mlp
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
from keras_residual.compose.blocks.series import (
    inception_module,
    inception_time,
    time_series,
)
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
    "gated_residual",
    "gcnii",
    "ghost",
    "ghost_module",
    "inception_module",
    "inception_time",
    "inverted_residual",
    "macaron",
    "mbconv",
    "mixer",
    "mobileone",
    "nbeats",
    "nf",
    "parallel_transformer",
    "preactivation",
    "preactivation_bottleneck",
    "pyramid",
    "repvgg",
    "res2net",
    "res_mlp",
    "resnext",
    "resunet_level",
    "rrdb",
    "se_bottleneck",
    "shufflenet_v2",
    "sublayer",
    "tabular",
    "tcn",
    "tide",
    "time_series",
    "transformer",
    "unet_bottom",
    "unet_level",
    "wavenet",
    "wide",
]

__dir__ = public(__all__)
