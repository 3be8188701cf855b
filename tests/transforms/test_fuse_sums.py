"""Sums of linear branches, and linear layers in a row, become one layer."""

import keras
import numpy as np
from keras import layers

import keras_residual as kr

from .fusing import fused, kinds, numpy_of, picture, scale_and_shift


def test_repvgg_by_hand():
    """Ding et al. 2021, section 3.3: three branches are one 3x3 convolution."""
    x = picture()
    plain = {"padding": "same", "use_bias": False}
    three, one = layers.Conv2D(4, 3, **plain), layers.Conv2D(4, 1, **plain)
    norms = [layers.BatchNormalization() for _ in range(3)]
    y = layers.Add()([norms[0](three(x)), norms[1](one(x)), norms[2](x)])
    done = fused(x, layers.ReLU()(y))
    assert kinds(done.model) == ["Conv2D", "ReLU"]
    (a, b), (c, d), (e, f) = map(scale_and_shift, norms)
    kernel = numpy_of(three, "kernel") * a
    kernel[1, 1] += numpy_of(one, "kernel")[0, 0] * c + np.diag(e)
    new = done.model.layers[1]
    np.testing.assert_allclose(numpy_of(new, "kernel"), kernel, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(numpy_of(new, "bias"), b + d + f, rtol=1e-5, atol=1e-7)


def test_repvgg_made_of_our_parts():
    """Kernels, norms and a shortcut; after training steps, so that norms have moved."""
    x = keras.Input((8, 8, 4))
    one = [kr.conv(4, 1), kr.norm()]
    block = kr.Residual(
        branch=[kr.conv(4, 3), kr.norm()],
        shortcut=kr.parallel([one, kr.norm()]),
        activation="relu",
    )
    model = keras.Model(x, block(block(x)))
    model.compile("sgd", "mse")
    data = np.random.default_rng(0).random((8, 8, 8, 4), "float32")
    model.fit(data, data, epochs=2, verbose=0)
    done = kr.fuse(model)
    assert kinds(done.model) == ["Conv2D", "Activation"] * 2
    assert done.proof.largest <= 1e-5


def test_a_bare_shortcut_goes_into_the_kernel():
    x = keras.Input((8, 8, 4))
    model = keras.Model(x, kr.Residual(branch=kr.conv(4, 3))(x))
    conv = model.layers[1]
    (new,) = kr.fuse(model).model.layers[1:]
    want = numpy_of(conv, "kernel")
    want[1, 1] += np.eye(4)
    np.testing.assert_allclose(numpy_of(new, "kernel"), want, rtol=1e-6)


def test_grouped_and_depthwise_shortcuts():
    x = picture()
    y = layers.Conv2D(4, 3, padding="same", groups=2)(x)
    y = layers.ReLU()(layers.Add()([y, x, layers.Conv2D(4, 1, groups=2)(x)]))
    z = layers.DepthwiseConv2D(3, padding="same")(y)
    z = layers.Add()([layers.DepthwiseConv2D(1)(y), z, layers.BatchNormalization()(y)])
    assert kinds(fused(x, z).model) == ["Conv2D", "ReLU", "DepthwiseConv2D"]


def test_a_grouped_branch_goes_into_a_full_kernel():
    x = picture()
    wide = layers.Conv2D(4, 3, padding="same")(x)
    y = layers.Add()(
        [wide, layers.Conv2D(4, 3, padding="same", groups=2, dilation_rate=1)(x)]
    )
    assert kinds(fused(x, y).model) == ["Conv2D"]


def test_a_strided_block_padded_as_in_torch():
    x = picture(size=9)
    three = layers.Conv2D(6, 3, strides=2)(layers.ZeroPadding2D(1)(x))
    y = layers.Add()([three, layers.Conv2D(6, 1, strides=2)(x)])
    done = fused(x, y)
    assert kinds(done.model) == ["Conv2D"]  # 9 elements: "same" pads 1 and 1 too
    x = picture(size=8)
    three = layers.Conv2D(6, 3, strides=2)(layers.ZeroPadding2D(1)(x))
    y = layers.Add()([three, layers.Conv2D(6, 1, strides=2)(x)])
    assert kinds(fused(x, y).model) == ["ZeroPadding2D", "Conv2D"]


def test_a_difference_of_branches():
    x = picture()
    y = layers.Conv2D(4, 3, padding="same")(x) - layers.Conv2D(4, 1)(x)
    assert kinds(fused(x, layers.Subtract()([x, y])).model) == ["Conv2D"]


def test_some_operands_of_a_sum():
    x = picture()
    pooled = layers.AveragePooling2D(3, 1, "same")(x)
    y = layers.Add()(
        [pooled, layers.Conv2D(4, 3, padding="same")(x), layers.Conv2D(4, 1)(x), pooled]
    )
    assert len(kinds(fused(x, y).model)) == 4  # the operand that is there twice stays
    y = layers.Add()(
        [pooled, layers.Conv2D(4, 3, padding="same")(x), layers.Conv2D(4, 1)(x)]
    )
    assert kinds(fused(x, y).model) == ["AveragePooling2D", "Conv2D", "Add"]


def test_chains_where_they_save():
    x = keras.Input((32,))
    y = layers.Dense(2)(layers.Dense(64)(x))
    assert kinds(fused(x, y).model) == ["Dense"]
    y = layers.Dense(32)(layers.Dense(2)(x))
    assert kinds(fused(x, y).model) == ["Dense", "Dense"]
    x = picture()
    wide = {"padding": "same", "use_bias": False}
    y = layers.Conv2D(2, 3, strides=2, **wide)(layers.Conv2D(16, 1, use_bias=False)(x))
    assert kinds(fused(x, y).model) == ["Conv2D"]
    y = layers.Conv2D(2, 1)(layers.Conv2D(16, 3, padding="same")(x))
    assert kinds(fused(x, y).model) == ["Conv2D"]
