"""Published blocks: functions that fill the slots of the equation."""

from keras_residual.common.late import public
from keras_residual.compose.blocks.postactivation import basic, bottleneck
from keras_residual.compose.blocks.preactivation import (
    preactivation,
    preactivation_bottleneck,
)
from keras_residual.compose.blocks.tabular import tabular

__all__ = [
    "basic",
    "bottleneck",
    "preactivation",
    "preactivation_bottleneck",
    "tabular",
]

__dir__ = public(__all__)
