"""The parts that branches and shortcuts are made of.

Each works on features `(batch, channels)`, sequences, images and volumes, with
channels last or first as `keras.config.image_data_format()` says, and adds layers
that Keras has. `**options` go to the Keras layer as they are.
"""

from keras_residual.common.late import public
from keras_residual.compose.operations.attention import (
    cbam,
    eca,
    grn,
    squeeze_excite,
)
from keras_residual.compose.operations.blurring import blur_pool
from keras_residual.compose.operations.composite import nest, padded, parallel
from keras_residual.compose.operations.conditioning import adaln_zero
from keras_residual.compose.operations.convolution import conv, depthwise
from keras_residual.compose.operations.dropping import (
    drop_path,
    drop_rates,
    dropout,
    shake_drop,
)
from keras_residual.compose.operations.elementary import act, dense
from keras_residual.compose.operations.normalization import norm
from keras_residual.compose.operations.normalizer_free import (
    nf_scales,
    scaled_act,
    standardized_conv,
)
from keras_residual.compose.operations.pooling import pool
from keras_residual.compose.operations.presets import (
    deepnorm_numbers,
    fixed_scale,
    layer_scale_init,
    scaled_init,
)
from keras_residual.compose.operations.rearranging import space_to_depth
from keras_residual.compose.operations.scaling import affine, scale, tanh_gate
from keras_residual.compose.operations.transforming import attention, mlp
from keras_residual.compose.operations.values import value_residual
from keras_residual.compose.operations.weight_norm import weight_norm_conv

__all__ = [
    "act",
    "adaln_zero",
    "affine",
    "attention",
    "blur_pool",
    "cbam",
    "conv",
    "deepnorm_numbers",
    "dense",
    "depthwise",
    "drop_path",
    "drop_rates",
    "dropout",
    "eca",
    "fixed_scale",
    "grn",
    "layer_scale_init",
    "mlp",
    "nest",
    "nf_scales",
    "norm",
    "padded",
    "parallel",
    "pool",
    "scale",
    "scaled_act",
    "scaled_init",
    "shake_drop",
    "space_to_depth",
    "squeeze_excite",
    "standardized_conv",
    "tanh_gate",
    "value_residual",
    "weight_norm_conv",
]

__dir__ = public(__all__)
