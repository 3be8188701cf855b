"""Understand a graph: find its residual units, draw them and measure them."""

from keras_residual.read import measures
from keras_residual.read.drawing import draw
from keras_residual.read.units import Unit, find_residuals

__all__ = ["Unit", "draw", "find_residuals", "measures"]
