"""Understand a graph: find its residual units and draw them."""

from keras_residual.read.draw import draw
from keras_residual.read.units import Unit, find_residuals

__all__ = ["Unit", "draw", "find_residuals"]
