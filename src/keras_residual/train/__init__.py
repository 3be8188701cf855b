"""Train: data in, a run folder with a trained network and its report out.

Names are looked up when they are used: the backend has to be chosen before Keras is
imported, and by code of this room.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_residual.train.comparison import Comparison, compare
    from keras_residual.train.devices import choose_backend
    from keras_residual.train.fitting import fit
    from keras_residual.train.mistake import InputError
    from keras_residual.train.prediction import Prediction, predict
    from keras_residual.train.recipe import Recipe
    from keras_residual.train.run import Run
    from keras_residual.train.training import resume

__all__ = [
    "Comparison",
    "InputError",
    "Prediction",
    "Recipe",
    "Run",
    "choose_backend",
    "compare",
    "fit",
    "predict",
    "resume",
]

_HOMES = {
    "Comparison": "comparison",
    "InputError": "mistake",
    "Prediction": "prediction",
    "Recipe": "recipe",
    "Run": "run",
    "choose_backend": "devices",
    "compare": "comparison",
    "fit": "fitting",
    "predict": "prediction",
    "resume": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
