"""Bring models and weights in, and out: files that a stranger may have written."""

from typing import TYPE_CHECKING

from keras_residual.common.late import late

if TYPE_CHECKING:
    from keras_residual.files.opening import load_model, open_model
    from keras_residual.files.weight_files import load_weights, save_weights

__all__ = ["load_model", "load_weights", "open_model", "save_weights"]

_HOMES = {
    "load_model": "opening",
    "load_weights": "weight_files",
    "open_model": "opening",
    "save_weights": "weight_files",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = late(__name__, __all__, _HOMES)
