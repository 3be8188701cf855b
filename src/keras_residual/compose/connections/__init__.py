"""Connections: how a stream runs past branches, for `kr.connect`."""

from keras_residual.common.late import public
from keras_residual.compose.connections.connection import Connection, Step
from keras_residual.compose.connections.history import dense, plain
from keras_residual.compose.connections.hyper import fractional, hyper
from keras_residual.compose.connections.manifold import gated, mhc

__all__ = [
    "Connection",
    "Step",
    "dense",
    "fractional",
    "gated",
    "hyper",
    "mhc",
    "plain",
]

__dir__ = public(__all__)
