"""Published blocks: functions that fill the slots of the equation."""

from keras_residual.build.blocks.postactivation import basic, bottleneck
from keras_residual.build.blocks.preactivation import (
    preactivation,
    preactivation_bottleneck,
)
from keras_residual.build.blocks.tabular import tabular

__all__ = [
    "basic",
    "bottleneck",
    "preactivation",
    "preactivation_bottleneck",
    "tabular",
]
