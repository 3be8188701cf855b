"""Train: data in, a run folder with a trained network and its report out.

Names are looked up when they are used: the backend has to be chosen before Keras is
imported, and by code of this room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_residual.common.late import late

if TYPE_CHECKING:
    from keras_residual.train.comparison import compare
    from keras_residual.train.devices import choose_backend
    from keras_residual.train.distributed.hosts import PeerError, join_hosts
    from keras_residual.train.finite import DivergedError
    from keras_residual.train.fitting import fit
    from keras_residual.train.mistake import InputError, SaveError
    from keras_residual.train.prediction import Prediction, predict
    from keras_residual.train.recipe import Recipe
    from keras_residual.train.resuming.by_recipe import resume
    from keras_residual.train.resuming.exact import ExactCheckpoint
    from keras_residual.train.run import Run
    from keras_residual.train.twins import Comparison

__all__ = [
    "Comparison",
    "DivergedError",
    "ExactCheckpoint",
    "InputError",
    "PeerError",
    "Prediction",
    "Recipe",
    "Run",
    "SaveError",
    "choose_backend",
    "compare",
    "fit",
    "join_hosts",
    "predict",
    "resume",
]

_HOMES = {
    "Comparison": "twins",
    "DivergedError": "finite",
    "ExactCheckpoint": "resuming.exact",
    "InputError": "mistake",
    "PeerError": "distributed.hosts",
    "Prediction": "prediction",
    "Recipe": "recipe",
    "Run": "run",
    "SaveError": "mistake",
    "choose_backend": "devices",
    "compare": "comparison",
    "fit": "fitting",
    "join_hosts": "distributed.hosts",
    "predict": "prediction",
    "resume": "resuming.by_recipe",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = late(__name__, __all__, _HOMES)
