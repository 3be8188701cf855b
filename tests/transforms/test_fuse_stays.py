"""What must not be fused is left, with the reason, and the function stays the same."""

import keras
import pytest
from keras import layers

import keras_residual as kr

from .random_graphs import randomise

CASES = {}


def case(why):
    """Registers a function that returns the inputs and outputs of an illegal model."""

    def register(function):
        CASES[function.__name__] = (function, why)
        return function

    return register


def picture(channels=4):
    return keras.Input((8, 8, channels))


def same(filters=4, size=3, **options):
    return layers.Conv2D(filters, size, padding="same", **options)


@case("the Conv2D before it is shared: called 2 times")
def shared_convolution():
    a, b, conv = picture(), picture(), same()
    return [a, b], [
        layers.BatchNormalization()(conv(a)),
        layers.BatchNormalization()(conv(b)),
    ]


@case("the Conv2D before it is shared: called 2 times")
def convolution_shared_with_a_nested_model():
    conv, a = same(), picture()
    inner = keras.Model(a, layers.BatchNormalization()(conv(a)))
    x = picture()
    return x, inner(layers.ReLU()(conv(x)))


@case("the Conv2D before it is read by 2 layers")
def convolution_read_twice():
    x = picture()
    y = same()(x)
    return x, layers.Add()(
        [layers.ReLU()(y), layers.ReLU()(layers.BatchNormalization()(y))]
    )


@case("the Conv2D before it returns an output of the model")
def convolution_returned():
    x = picture()
    y = same()(x)
    return x, [y, layers.BatchNormalization()(y)]


@case("the Conv2D before it ends in relu")
def activation_in_the_convolution():
    x = picture()
    return x, layers.BatchNormalization()(same(activation="relu")(x))


@case("no linear layer is beside it: it stands between ReLU and ReLU")
def activation_between():
    x = picture()
    return x, layers.ReLU()(layers.BatchNormalization()(layers.ReLU()(same()(x))))


@case("it is called with training=True")
def norm_in_training():
    x = picture()
    return x, layers.BatchNormalization()(same()(x), training=True)


@case("it scales along axis 1; the channels are 3")
def norm_of_another_axis():
    x = picture()
    return x, layers.BatchNormalization(axis=1)(same()(x))


@case("it scales along axis 2; the channels are 3")
def layer_scale_of_another_axis():
    x = picture()
    scale = layers.EinsumDense("abcd,c->abcd", (8, 8, 4), bias_axes="c")
    return x, scale(layers.Conv2DTranspose(4, 3, padding="same")(x))


@case("the Conv2D after it pads with zeros, which are not shifted")
def norm_before_padding():
    x = picture()
    return x, same()(layers.BatchNormalization()(x))


@case("the SeparableConv2D after it pads with zeros, which are not shifted")
def constant_before_padding():
    x = picture()
    return x, layers.SeparableConv2D(4, 3, padding="same")(x - 0.5)


@case("the Conv2DTranspose after it pads with zeros, which are not shifted")
def norm_before_a_transposed_convolution():
    x = picture()
    return x, layers.Conv2DTranspose(4, 3)(layers.BatchNormalization()(x))


@case("it is read by 2 layers")
def norm_before_two_convolutions():
    x = picture()
    y = layers.BatchNormalization()(x)
    return x, [layers.Conv2D(2, 1)(y), layers.Conv2D(2, 3)(y)]


@case("its branches have 2 and 1 groups")
def branches_of_other_groups():
    x = picture()
    return x, layers.Add()([same(groups=2)(x), same(size=1)(x)])


@case("its branches stride by (2, 2) and (1, 1)")
def branches_of_other_strides():
    x = keras.Input((1, 1, 4))
    return x, layers.Add()([same(strides=2)(x), same(size=1)(x)])


@case("the windows of its branches do not lie in one another")
def branches_of_crossing_windows():
    x = picture()
    return x, layers.Add()([same(size=(3, 1))(x), same(size=(1, 3))(x)])


@case("the windows of its branches do not lie in one another")
def branches_of_other_dilation():
    x = picture()
    return x, layers.Add()([same(dilation_rate=2)(x), same()(x)])


@case("the windows of its branches do not lie in one another")
def branches_that_are_padded_otherwise():
    x = picture()
    y = layers.Conv2D(4, 3)(layers.ZeroPadding2D(((2, 0), (2, 0)))(x))
    z = layers.Conv2D(4, 3)(layers.ZeroPadding2D(((0, 2), (0, 2)))(x))
    return x, layers.Add()([y, z])


@case("where its window lies depends on an unknown size")
def strided_branches_of_unknown_size():
    x = keras.Input((None, None, 4))
    return x, layers.Add()([same(strides=2)(x), same(size=1, strides=2)(x)])


@case("one of its branches is shared: called 2 times")
def shared_branches():
    x, conv = picture(), same()
    y = layers.ReLU()(layers.Add()([conv(x), x]))
    return x, layers.Add()([conv(y), y])


@case("one of its branches is read by 2 layers")
def branch_read_elsewhere():
    x = picture()
    y = same()(x)
    return x, layers.Add()([layers.Add()([y, x]), layers.ReLU()(y)])


@case("its branches return different shapes")
def broadcast_branches():
    x = picture()
    return x, layers.Add()([same()(x), same(1)(x)])


@case("the Dense before it is read by 2 layers")
def chain_read_elsewhere():
    x = keras.Input((32,))
    y = layers.Dense(64)(x)
    return x, [layers.Dense(2)(y), layers.ReLU()(y)]


@case("it pads with zeros, which the layer before does not shift")
def chain_that_pads():
    x = picture()
    return x, same(1)(layers.Conv2D(64, 1)(x))


@case("no word of Keras's pads its ((1, 1), (1, 1)) here")
def padding_without_a_word():
    x = picture()
    return x, layers.Conv2D(4, 3, strides=2)(layers.ZeroPadding2D(1)(x))


@case("the convolution after it pads too: same")
def padding_twice():
    x = picture()
    return x, same()(layers.ZeroPadding2D(1)(x))


@case("it is called with training=True")
def dropout_in_training():
    x = picture()
    return x, layers.Dropout(0.0)(x, training=True)


@case("it changes the dtype: float32 and float16")
def identity_of_another_dtype():
    x = picture()
    return x, layers.Activation("relu", dtype="float32")(
        layers.Identity(dtype="float16")(x)
    )


@case("it changes the dtype: float16 and float32")
def norm_of_another_dtype():
    x = picture()
    return x, layers.BatchNormalization(dtype="float32")(
        layers.Dense(4, dtype="float16")(x)
    )


def words():
    tokens = keras.Input((6,), dtype="int32")
    return tokens, layers.Embedding(5, 4, mask_zero=True)(tokens)


@case("it ends a mask, which would go on without it")
def constant_that_ends_a_mask():
    tokens, x = words()
    return tokens, layers.LSTM(2)(layers.Dense(4)(x) * 2)


@case("it ends a mask, which would go on without it")
def sum_that_ends_a_mask():
    tokens, x = words()
    return tokens, layers.LSTM(2)(layers.Dense(4)(x) + x)


@pytest.mark.parametrize("name", CASES)
def test_it_stays(name):
    function, why = CASES[name]
    model = randomise(keras.Model(*function()))
    done = kr.fuse(model)  # proves that the function is the same
    assert why in {left.why for left in done.left}
    assert not kr.fuse(done.model).changes
