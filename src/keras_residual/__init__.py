"""Residual connections for Keras 3: `y = activation(merge(shortcut(x), branch(x)))`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from keras_residual.common.late import late

if TYPE_CHECKING:
    from keras_residual import measures, train
    from keras_residual.checks import check
    from keras_residual.common.errors import ResidualError
    from keras_residual.common.version import __version__
    from keras_residual.compose import (
        blocks,
        connections,
        layers,
        merges,
        models,
        parts,
        shortcuts,
    )
    from keras_residual.compose.classic import (
        expanded_residual_block,
        identity_residual_block,
        residual_block,
        residual_block_with_activation,
        residual_block_with_batchnorm,
    )
    from keras_residual.compose.connections.connecting import connect
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
    from keras_residual.drawing import draw
    from keras_residual.files import load_model, load_weights, open_model, save_weights
    from keras_residual.files.export import export
    from keras_residual.graph import Analysis, find_residuals, unfold
    from keras_residual.graph.decay import no_decay
    from keras_residual.measures import ResidualMonitor, measure, run, stream
    from keras_residual.reports.inspection import inspect
    from keras_residual.transforms import rewire
    from keras_residual.transforms.accelerate import accelerate, restore
    from keras_residual.transforms.fuse import fuse
    from keras_residual.transforms.initializing import initialize
    from keras_residual.transforms.mend import mend

__all__ = [
    "Analysis",
    "Residual",
    "ResidualError",
    "ResidualMonitor",
    "__version__",
    "accelerate",
    "act",
    "blocks",
    "check",
    "connect",
    "connections",
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
    "initialize",
    "inspect",
    "layer",
    "layers",
    "load_model",
    "load_weights",
    "measure",
    "measures",
    "mend",
    "merges",
    "models",
    "nest",
    "no_decay",
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
    "run",
    "save_weights",
    "scale",
    "shortcuts",
    "stream",
    "train",
    "unfold",
]

_HOMES = {
    "Analysis": "graph",
    "Residual": "compose.residual",
    "ResidualError": "common.errors",
    "ResidualMonitor": "measures",
    "__version__": "common.version",
    "accelerate": "transforms.accelerate",
    "act": "compose.parts",
    "blocks": "compose",
    "check": "checks",
    "connect": "compose.connections.connecting",
    "connections": "compose",
    "conv": "compose.parts",
    "dense": "compose.parts",
    "depthwise": "compose.parts",
    "draw": "drawing",
    "drop_path": "compose.parts",
    "dropout": "compose.parts",
    "expanded_residual_block": "compose.classic",
    "export": "files.export",
    "find_residuals": "graph",
    "fuse": "transforms.fuse",
    "identity_residual_block": "compose.classic",
    "initialize": "transforms.initializing",
    "inspect": "reports.inspection",
    "layer": "compose.layers.block",
    "layers": "compose",
    "load_model": "files",
    "load_weights": "files",
    "measure": "measures",
    "mend": "transforms.mend",
    "merges": "compose",
    "models": "compose",
    "nest": "compose.parts",
    "no_decay": "graph.decay",
    "norm": "compose.parts",
    "open_model": "files",
    "parallel": "compose.parts",
    "parts": "compose",
    "pool": "compose.parts",
    "residual_block": "compose.classic",
    "residual_block_with_activation": "compose.classic",
    "residual_block_with_batchnorm": "compose.classic",
    "restore": "transforms.accelerate",
    "rewire": "transforms",
    "run": "measures",
    "save_weights": "files",
    "scale": "compose.parts",
    "shortcuts": "compose",
    "stream": "measures",
    "unfold": "graph",
}

if not TYPE_CHECKING:  # a name that is not there stays an error for who checks types
    __getattr__, __dir__ = late(__name__, __all__, _HOMES)

if "keras" in sys.modules:  # a file with our layers opens as soon as both are there
    import_module(f"{__name__}.compose.layers")
