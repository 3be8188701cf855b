"""Residual connections for Keras 3: `y = activation(merge(shortcut(x), branch(x)))`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_residual.checks import check
    from keras_residual.compose import blocks, layers, merges, models, parts, shortcuts
    from keras_residual.compose.classic import (
        expanded_residual_block,
        identity_residual_block,
        residual_block,
        residual_block_with_activation,
        residual_block_with_batchnorm,
    )
    from keras_residual.compose.layers.block import layer
    from keras_residual.compose.parts import (
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
    from keras_residual.compose.residual import Residual
    from keras_residual.files import open_model
    from keras_residual.files.export import export
    from keras_residual.graph import draw, find_residuals, measures
    from keras_residual.measures import ResidualMonitor, measure
    from keras_residual.reports.inspection import inspect
    from keras_residual.transforms import rewire
    from keras_residual.transforms.accelerate import accelerate, restore
    from keras_residual.transforms.fuse import fuse
    from keras_residual.transforms.mend import mend

__all__ = [
    "Residual",
    "ResidualMonitor",
    "accelerate",
    "act",
    "blocks",
    "check",
    "conv",
    "dense",
    "depthwise",
    "draw",
    "drop_path",
    "dropout",
    "expanded_residual_block",
    "export",
    "find_residuals",
    "fuse",
    "identity_residual_block",
    "inspect",
    "layer",
    "layers",
    "measure",
    "measures",
    "mend",
    "merges",
    "models",
    "nest",
    "norm",
    "open_model",
    "parallel",
    "parts",
    "pool",
    "residual_block",
    "residual_block_with_activation",
    "residual_block_with_batchnorm",
    "restore",
    "rewire",
    "scale",
    "shortcuts",
]

_HOMES = {
    "Residual": "build.residual",
    "ResidualMonitor": "read.measures",
    "accelerate": "rewrite.accelerate",
    "act": "build.parts",
    "blocks": "build",
    "check": "read.checks",
    "conv": "build.parts",
    "dense": "build.parts",
    "depthwise": "build.parts",
    "draw": "read",
    "drop_path": "build.parts",
    "dropout": "build.parts",
    "expanded_residual_block": "build.classic",
    "export": "store.export",
    "find_residuals": "read",
    "fuse": "rewrite.fuse",
    "identity_residual_block": "build.classic",
    "inspect": "read.inspection",
    "layer": "build.layers.block",
    "layers": "build",
    "measure": "read.measures",
    "measures": "read",
    "mend": "rewrite.mend",
    "merges": "build",
    "models": "build",
    "nest": "build.parts",
    "norm": "build.parts",
    "open_model": "store",
    "parallel": "build.parts",
    "parts": "build",
    "pool": "build.parts",
    "residual_block": "build.classic",
    "residual_block_with_activation": "build.classic",
    "residual_block_with_batchnorm": "build.classic",
    "restore": "rewrite.accelerate",
    "rewire": "rewrite",
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
