"""A model as data: its graph, its residual units, paths and cost."""

from keras_residual.common.late import public
from keras_residual.graph.analysis import Analysis, find_residuals
from keras_residual.graph.found import Unit
from keras_residual.graph.unfolding import Unfolded, unfold

__all__ = ["Analysis", "Unfolded", "Unit", "find_residuals", "unfold"]

__dir__ = public(__all__)
