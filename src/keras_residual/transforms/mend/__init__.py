"""Mend what the linter finds, where that keeps the function; one fix a file."""

from keras_residual.transforms.mend.mending import mend

__all__ = ["mend"]
