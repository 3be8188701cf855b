"""Look into the residual stream of a network: what each unit brings to its answer."""

from keras_residual.measures.stream.lens import Lens, lens

__all__ = ["Lens", "lens"]
