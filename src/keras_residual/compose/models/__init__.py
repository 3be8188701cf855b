"""Published networks: one table of names, one builder."""

from keras_residual.compose.models.registry import build, names, register

__all__ = ["build", "names", "register"]
