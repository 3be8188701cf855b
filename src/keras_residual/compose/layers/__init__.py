"""The few layers that Keras lacks, registered as `keras_residual>Name`."""

from keras_residual.common.late import public
from keras_residual.compose.layers.add_loss import AddLoss
from keras_residual.compose.layers.basis import Basis
from keras_residual.compose.layers.block import Block
from keras_residual.compose.layers.blur_pool import BlurPool
from keras_residual.compose.layers.drop_path import DropPath
from keras_residual.compose.layers.fusion import Fusion
from keras_residual.compose.layers.grn import GlobalResponseNorm
from keras_residual.compose.layers.head_attention import HeadAttention
from keras_residual.compose.layers.held import Constant, SetMask, Spare, Spread, Weight
from keras_residual.compose.layers.keep_mask import KeepMask
from keras_residual.compose.layers.scale import Scale
from keras_residual.compose.layers.sequence import Positions, Token
from keras_residual.compose.layers.shake import ShakeDrop, ShakeShake
from keras_residual.compose.layers.standardized_conv import StandardizedConv
from keras_residual.compose.layers.streams import (  # noqa: F401  registers them
    alternating,
    depth,
    fractions,
    gated,
    hyper,
    lanes,
    manifold,
    routing,
    values,
    writes,
)
from keras_residual.compose.layers.weight_norm import WeightNorm
from keras_residual.compose.layers.whole import CropLike, PadToMultiple
from keras_residual.compose.own_mask import OwnMask

__all__ = [
    "AddLoss",
    "Basis",
    "Block",
    "BlurPool",
    "Constant",
    "CropLike",
    "DropPath",
    "Fusion",
    "GlobalResponseNorm",
    "HeadAttention",
    "KeepMask",
    "OwnMask",
    "PadToMultiple",
    "Positions",
    "Scale",
    "SetMask",
    "ShakeDrop",
    "ShakeShake",
    "Spare",
    "Spread",
    "StandardizedConv",
    "Token",
    "Weight",
    "WeightNorm",
]

__dir__ = public(__all__)
