"""Look into the residual stream of a network: what each unit brings to its answer."""

from keras_residual.common.late import public
from keras_residual.measures.stream.attribution import Attribution, attribution
from keras_residual.measures.stream.lens import Lens, lens
from keras_residual.measures.stream.patching import Patching, patching
from keras_residual.measures.stream.skip import Skip, skip

__all__ = [
    "Attribution",
    "Lens",
    "Patching",
    "Skip",
    "attribution",
    "lens",
    "patching",
    "skip",
]

__dir__ = public(__all__)
