"""What is done while `fit` runs, one concern a file."""

from keras_residual.train.callbacks.checkpoint import Checkpoint
from keras_residual.train.callbacks.finite import StopWhenNotFinite
from keras_residual.train.callbacks.history import HistoryFile
from keras_residual.train.callbacks.progress import ShowProgress
from keras_residual.train.callbacks.units import ratios_of_units, watch_units

__all__ = [
    "Checkpoint",
    "HistoryFile",
    "ShowProgress",
    "StopWhenNotFinite",
    "ratios_of_units",
    "watch_units",
]
