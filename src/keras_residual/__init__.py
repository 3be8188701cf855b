"""Residual connections for Keras 3: `y = activation(merge(shortcut(x), branch(x)))`."""

from keras_residual.build import blocks, layers, merges, models, parts, shortcuts
from keras_residual.build.classic import (
    expanded_residual_block,
    identity_residual_block,
    residual_block,
    residual_block_with_activation,
    residual_block_with_batchnorm,
)
from keras_residual.build.parts import (
    act,
    conv,
    dense,
    depthwise,
    drop_path,
    dropout,
    nest,
    norm,
    parallel,
    pool,
    scale,
)
from keras_residual.build.residual import Residual
from keras_residual.read import draw, find_residuals

__all__ = [
    "Residual",
    "act",
    "blocks",
    "conv",
    "dense",
    "depthwise",
    "draw",
    "drop_path",
    "dropout",
    "expanded_residual_block",
    "find_residuals",
    "identity_residual_block",
    "layers",
    "merges",
    "models",
    "nest",
    "norm",
    "parallel",
    "parts",
    "pool",
    "residual_block",
    "residual_block_with_activation",
    "residual_block_with_batchnorm",
    "scale",
    "shortcuts",
]
