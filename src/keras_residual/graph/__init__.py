"""A model as data: its graph, its residual units, paths and cost."""

from keras_residual.graph.units import Unit, find_residuals

__all__ = ["Unit", "find_residuals"]
