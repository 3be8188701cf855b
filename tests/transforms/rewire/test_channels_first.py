"""What is grown finds the channels of each tensor where that tensor has them."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

LAST = "channels_last"


def tokens_of_pictures(nested):
    """A vision transformer without attention: pictures first, tokens last."""
    x = inputs = keras.Input((3, 8, 8))
    x = layers.AveragePooling2D(4, data_format="channels_first", name="patches")(x)
    tokens = layers.Permute((2, 1))(layers.Reshape((3, 4))(x))
    x = layers.LayerNormalization(name="norm")(tokens)
    if nested:
        inside = keras.Input((4, 3))
        norm = layers.LayerNormalization(name="norm")
        x = keras.Model(inside, norm(inside), name="inner")(tokens)
    x = layers.Add()([tokens, layers.Dense(3, name="mix")(x)])
    return keras.Model(inputs, x)


@pytest.mark.parametrize("nested", [False, True])
def test_tokens_keep_what_their_norm_has_learned(nested):
    model = tokens_of_pictures(nested)
    where = model.get_layer("inner") if nested else model
    gamma = np.array([0.5, 1.5, 2.0], "float32")
    where.get_layer("norm").gamma.assign(gamma)
    done = kr.rewire.replace(model, norm="rms")
    assert done.changes[0].what == "is another norm now; keeps gamma; loses beta"
    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype("float32")
    pooled = x.reshape(2, 3, 2, 4, 2, 4).mean((3, 5)).reshape(2, 3, 4)
    tokens = pooled.transpose(0, 2, 1).astype("float64")
    root = np.sqrt((tokens**2).mean(-1, keepdims=True) + 1e-5)
    kernel = model.get_layer("mix").get_weights()[0]
    found = done.model.predict(x, verbose=0)
    true = tokens + tokens / root * gamma @ kernel
    np.testing.assert_allclose(found, true, rtol=1e-4, atol=1e-5)
    assert keras.config.image_data_format() == LAST


@pytest.mark.parametrize(("after", "shape"), [("patches", (3,)), ("permute", (3,))])
def test_what_is_inserted_has_a_weight_a_channel(after, shape):
    x = inputs = keras.Input((3, 8, 8))
    x = layers.AveragePooling2D(4, data_format="channels_first", name="patches")(x)
    x = layers.Permute((2, 1), name="permute")(layers.Reshape((3, 4))(x))
    model = keras.Model(inputs, x)
    done = kr.rewire.insert(model, kr.scale(0.5, per="channel"), after=after)
    assert [weight.shape for weight in done.model.weights] == [shape]
