"""Published blocks: functions that fill the slots of the equation."""

from keras_residual.common.late import public
from keras_residual.compose.blocks.postactivation import basic, bottleneck
from keras_residual.compose.blocks.preactivation import (
    preactivation,
    preactivation_bottleneck,
)
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
    "macaron",
    "parallel_transformer",
    "preactivation",
    "preactivation_bottleneck",
    "sublayer",
    "tabular",
    "transformer",
]

__dir__ = public(__all__)
