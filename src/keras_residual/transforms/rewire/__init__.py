"""Surgery on a model: connections and layers go in and out, and the weights stay."""

from keras_residual.common.late import public
from keras_residual.transforms.rewire.add_skips import add_skips
from keras_residual.transforms.rewire.add_units import add_units
from keras_residual.transforms.rewire.curve import Step
from keras_residual.transforms.rewire.delete import delete
from keras_residual.transforms.rewire.drop_units import drop_units
from keras_residual.transforms.rewire.insert import insert
from keras_residual.transforms.rewire.prune_depth import prune_depth
from keras_residual.transforms.rewire.pruned import Pruned
from keras_residual.transforms.rewire.rename import rename
from keras_residual.transforms.rewire.replace import replace

__all__ = [
    "Pruned",
    "Step",
    "add_skips",
    "add_units",
    "delete",
    "drop_units",
    "insert",
    "prune_depth",
    "rename",
    "replace",
]

__dir__ = public(__all__)
