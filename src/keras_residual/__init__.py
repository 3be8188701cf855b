"""Residual connections for Keras 3: `y = activation(merge(shortcut(x), branch(x)))`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "Residual": "build.residual",
    "act": "build.parts",
    "blocks": "build",
    "conv": "build.parts",
    "dense": "build.parts",
    "depthwise": "build.parts",
    "draw": "read",
    "drop_path": "build.parts",
    "dropout": "build.parts",
    "expanded_residual_block": "build.classic",
    "find_residuals": "read",
    "identity_residual_block": "build.classic",
    "layers": "build",
    "merges": "build",
    "models": "build",
    "nest": "build.parts",
    "norm": "build.parts",
    "parallel": "build.parts",
    "parts": "build",
    "pool": "build.parts",
    "residual_block": "build.classic",
    "residual_block_with_activation": "build.classic",
    "residual_block_with_batchnorm": "build.classic",
    "scale": "build.parts",
    "shortcuts": "build",
}


def __getattr__(name: str) -> Any:
    # Keras takes its backend as it is imported. So it is imported by the first name
    # that is asked for: the command line chooses a backend before that.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
