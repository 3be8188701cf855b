"""Published networks: one table of names, one builder."""

from keras_residual.common.late import public
from keras_residual.compose.models.registry import build, names, register

__all__ = ["build", "names", "register"]

__dir__ = public(__all__)
