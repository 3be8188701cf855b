"""Any graph computes the same: nested, shared, tapped, odd; in any dtype."""

import keras
import pytest
from layouts import runs_first

import keras_residual as kr

from .models import JAX, agree, alike, pictures, small, twin, unsettled


def nested():
    inner = kr.models.build("resnet8", input_shape=(8, 8, 3), classes=0)
    inputs = keras.Input((8, 8, 3))
    frozen = inner(inputs, training=False)
    x = keras.layers.Add()([frozen, inner(inputs)])
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))


def shared():
    inputs = keras.Input((8, 8, 3))
    layer = keras.layers.Conv2D(3, 3, padding="same")
    norm = keras.layers.BatchNormalization()
    x = norm(layer(inputs))
    return keras.Model(inputs, keras.layers.Add()([norm(layer(x)), x]))


def tapped():
    """Everything that a step could write over is an output, too."""
    inputs = keras.Input((8, 8, 3))
    a = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    b = keras.layers.BatchNormalization()(a)
    c = keras.layers.ReLU()(b)
    d = keras.layers.Add()([c, b])
    e = keras.layers.Activation("relu")(d)
    return keras.Model(inputs, {"a": a, "b": b, "c": c, "d": d, "e": e})


def odd():
    """Paddings, strides and operations that no kernel takes as they are."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    x = keras.layers.ZeroPadding2D(((0, 1), (2, 0)))(x)
    y = keras.layers.ZeroPadding2D(1)(x)
    x = keras.layers.DepthwiseConv2D(3, padding="valid", depth_multiplier=2)(y)
    x = keras.layers.Conv2D(8, 1, groups=2, activation="swish")(x)
    x = keras.layers.BatchNormalization()(x) * 2.0 + 1.0
    x = keras.layers.MaxPooling2D(3, 2, padding="same")(x)
    x = keras.layers.AveragePooling2D(2, 1, padding="same")(x)
    x = keras.ops.relu(x + x)
    x = keras.layers.Conv2D(4, 3, dilation_rate=2, padding="same")(x)
    x = keras.layers.SpatialDropout2D(0.0)(x)
    return keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(x))


def sequence():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.ZeroPadding2D(1),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(1, 2),
            keras.layers.ReLU(max_value=1.0),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


@pytest.mark.parametrize("make", [nested, shared, tapped, odd, sequence])
def test_any_model_computes_the_same(make):
    model = unsettled(make())
    plain = twin(model)
    done = kr.accelerate(model)
    assert done.changes or JAX  # these have no convolution that pays there
    x = pictures()
    for training in (False, True):
        found = keras.tree.flatten(model(x, training=training))
        expected = keras.tree.flatten(plain(x, training=training))
        for ours, theirs in zip(found, expected, strict=True):
            numbers = keras.ops.convert_to_numpy
            alike(numbers(ours), numbers(theirs), 1e-5 if not training else 1e-4)
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        alike(ours, theirs)


def test_channels_first_and_half_precision():
    if runs_first():
        keras.config.set_image_data_format("channels_first")
        model = unsettled(small_first())
        plain = twin(model)
        kr.accelerate(model)
        agree(model, plain, pictures(shape=(3, 8, 8)))
        keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = unsettled(small())
    plain = twin(model)
    kr.accelerate(model)
    agree(model, plain, share=1e-2)


def small_first():
    return small(input_shape=(3, 8, 8))
