"""The parts that branches and shortcuts are made of.

Each works on features `(batch, channels)`, sequences, images and volumes, with
channels last or first as `keras.config.image_data_format()` says, and adds layers
that Keras has. `**options` go to the Keras layer as they are.
"""

from keras_residual.common.late import public
from keras_residual.compose.operations.composite import nest, parallel
from keras_residual.compose.operations.convolution import conv, depthwise
from keras_residual.compose.operations.dropping import drop_path, drop_rates, dropout
from keras_residual.compose.operations.elementary import act, dense
from keras_residual.compose.operations.normalization import norm
from keras_residual.compose.operations.pooling import pool
from keras_residual.compose.operations.scaling import scale

__all__ = [
    "act",
    "conv",
    "dense",
    "depthwise",
    "drop_path",
    "drop_rates",
    "dropout",
    "nest",
    "norm",
    "parallel",
    "pool",
    "scale",
]

__dir__ = public(__all__)
