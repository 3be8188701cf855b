"""Surgery on a model: connections and layers go in and out, and the weights stay."""

from keras_residual.rewrite.rewire.add_skips import add_skips
from keras_residual.rewrite.rewire.curve import Pruned, Step
from keras_residual.rewrite.rewire.delete import delete
from keras_residual.rewrite.rewire.drop_units import drop_units
from keras_residual.rewrite.rewire.insert import insert
from keras_residual.rewrite.rewire.prune_depth import prune_depth
from keras_residual.rewrite.rewire.rename import rename
from keras_residual.rewrite.rewire.replace import replace

__all__ = [
    "Pruned",
    "Step",
    "add_skips",
    "delete",
    "drop_units",
    "insert",
    "prune_depth",
    "rename",
    "replace",
]
