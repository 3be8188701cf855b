"""The Jacobian is that of the function, for layers with fused kernels as well."""

import keras
import numpy as np

from keras_residual.graph.gradients import jacobian


def test_attention_has_a_jacobian():
    layer = keras.layers.MultiHeadAttention(1, 3)
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=(2, 1, 4, 3)).astype("float32")
    layer.build(x.shape, x.shape)

    def attend(values):
        values = keras.ops.convert_to_tensor(values)
        return keras.ops.convert_to_numpy(layer(values, values))

    at, along = map(keras.ops.convert_to_tensor, (x, v))
    forward, _ = jacobian(lambda given: layer(given, given), at)
    step = 1e-2
    true = (attend(x + step * v) - attend(x - step * v)) / (2 * step)
    found = keras.ops.convert_to_numpy(forward(along))
    np.testing.assert_allclose(found, true, rtol=0.02, atol=2e-3)
