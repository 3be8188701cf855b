"""Shortcuts: what carries the input to the merge."""

from keras_residual.common.late import public
from keras_residual.compose.operations.blurring import blur_pool
from keras_residual.compose.operations.rearranging import space_to_depth
from keras_residual.compose.shortcuts.carrying import auto, crop, identity, none
from keras_residual.compose.shortcuts.projecting import (
    factorized_reduction,
    low_rank,
    pooled_projection,
    projection,
)
from keras_residual.compose.shortcuts.sampling import max_pool, zero_pad

__all__ = [
    "auto",
    "blur_pool",
    "crop",
    "factorized_reduction",
    "identity",
    "low_rank",
    "max_pool",
    "none",
    "pooled_projection",
    "projection",
    "space_to_depth",
    "zero_pad",
]

__dir__ = public(__all__)
