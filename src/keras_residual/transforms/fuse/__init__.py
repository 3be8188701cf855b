"""Fold what inference does not need into the layers around it."""

from keras_residual.transforms.fuse.fusing import PASSES, fuse

__all__ = ["PASSES", "fuse"]
