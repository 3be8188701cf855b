"""Bring models in: open a file that a stranger may have written."""

from keras_residual.files.opening import open_model

__all__ = ["open_model"]
