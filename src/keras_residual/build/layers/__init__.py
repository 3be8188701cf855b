"""The few layers that Keras lacks, registered as `keras_residual>Name`."""

from keras_residual.build.layers.block import Block
from keras_residual.build.layers.drop_path import DropPath
from keras_residual.build.layers.keep_mask import KeepMask
from keras_residual.build.layers.scale import Scale

__all__ = ["Block", "DropPath", "KeepMask", "Scale"]
