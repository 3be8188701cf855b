"""Bring models in: open a file that a stranger may have written."""

from typing import TYPE_CHECKING

from keras_residual.common.late import late

if TYPE_CHECKING:
    from keras_residual.files.opening import open_model

__all__ = ["open_model"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = late(__name__, __all__, {"open_model": "opening"})
