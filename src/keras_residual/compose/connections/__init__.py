"""Connections: how a stream runs past branches, for `kr.connect`."""

from keras_residual.common.late import public
from keras_residual.compose.connections.connection import Connection, Step
from keras_residual.compose.connections.coupled import momentum, reversible
from keras_residual.compose.connections.depth import attention, denseformer
from keras_residual.compose.connections.history import dense, plain
from keras_residual.compose.connections.hyper import fractional, hyper
from keras_residual.compose.connections.learned import altup, delta, laurel, x0
from keras_residual.compose.connections.manifold import gated, mhc
from keras_residual.compose.connections.multiway import mudd
from keras_residual.compose.connections.routed import mixture_of_depths

__all__ = [
    "Connection",
    "Step",
    "altup",
    "attention",
    "delta",
    "dense",
    "denseformer",
    "fractional",
    "gated",
    "hyper",
    "laurel",
    "mhc",
    "mixture_of_depths",
    "momentum",
    "mudd",
    "plain",
    "reversible",
    "x0",
]

__dir__ = public(__all__)
