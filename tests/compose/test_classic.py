"""The five introductory blocks equal the textbook, and work where it fails."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras.layers import Activation, Add, BatchNormalization, Conv2D

import keras_residual as kr


def basic(x, filters):
    y = Conv2D(filters, (3, 3), activation="relu", padding="same")(x)
    y = Conv2D(filters, (3, 3), activation="relu", padding="same")(y)
    return Add()([y, x])


def with_activation(x, filters):
    y = Conv2D(filters, (3, 3), padding="same")(x)
    y = Conv2D(filters, (3, 3), padding="same")(y)
    return Activation("relu")(Add()([y, x]))


def with_batchnorm(x, filters):
    y = BatchNormalization()(Conv2D(filters, (3, 3), padding="same")(x))
    y = Conv2D(filters, (3, 3), padding="same")(Activation("relu")(y))
    return Activation("relu")(Add()([BatchNormalization()(y), x]))


def expanded(x, filters):
    y = Conv2D(4 * filters, (1, 1), activation="relu", padding="same")(x)
    y = Conv2D(4 * filters, (3, 3), activation="relu", padding="same")(y)
    y = Conv2D(filters, (1, 1), padding="same")(y)
    return Activation("relu")(Add()([y, x]))


def identity(x, filters):
    return Add()([Conv2D(filters, (3, 3), padding="same")(x), x])


TEXTBOOK = {
    kr.residual_block: basic,
    kr.residual_block_with_activation: with_activation,
    kr.residual_block_with_batchnorm: with_batchnorm,
    kr.expanded_residual_block: expanded,
    kr.identity_residual_block: identity,
}
pairs = pytest.mark.parametrize(("ours", "textbook"), TEXTBOOK.items())


def model(block, shape, filters, times=1):
    x = inputs = keras.Input(shape)
    for _ in range(times):
        x = block(x, filters)
    return keras.Model(inputs, x)


def settings(layer):
    """What a layer computes, without its name and where it stands."""
    config = layer.get_config()
    apart = {"name", "batch_shape", "dtype"}
    return {key: value for key, value in config.items() if key not in apart}


@pairs
def test_where_the_filters_agree_the_graph_is_the_textbooks(ours, textbook):
    found = model(ours, (8, 8, 6), 6, times=2)
    expected = model(textbook, (8, 8, 6), 6, times=2)
    assert [type(a) for a in found.layers] == [type(b) for b in expected.layers]
    assert [settings(a) for a in found.layers] == [settings(b) for b in expected.layers]
    assert found.count_params() == expected.count_params()


@pairs
def test_with_the_same_weights_it_computes_the_same(ours, textbook):
    found, expected = (model(block, (8, 8, 6), 6) for block in (ours, textbook))
    generator = np.random.default_rng(0)
    weights = [generator.uniform(0.1, 1, w.shape) for w in expected.weights]
    found.set_weights(weights)
    expected.set_weights(weights)
    x = generator.normal(size=(2, 8, 8, 6)).astype("float32")
    y, z = (keras.ops.convert_to_numpy(network(x)) for network in (expected, found))
    np.testing.assert_allclose(z, y, atol=1e-5 * abs(y).max())


@pairs
def test_the_textbooks_example_fails_in_keras_and_works_here(ours, textbook):
    with pytest.raises(ValueError, match="incompatible shapes"):
        model(textbook, (256, 256, 3), 64)
    assert model(ours, (256, 256, 3), 64).output_shape == (None, 256, 256, 64)


@pairs
def test_one_channel_is_projected_and_not_broadcast(ours, textbook):
    assert model(textbook, (8, 8, 1), 64).output_shape == (None, 8, 8, 64)
    projected = model(ours, (8, 8, 1), 64)
    assert projected.get_layer("residual1_shortcut_conv1").kernel.shape == (1, 1, 1, 64)


LOAD_ALL = """
import sys, numpy as np, keras
sys.modules["keras_residual"] = None  # any import of it fails
for path in sys.argv[1:]:
    saved = np.load(path + ".npz")
    y = keras.ops.convert_to_numpy(keras.models.load_model(path)(saved["x"]))
    np.testing.assert_allclose(y, saved["y"], rtol=1e-6, atol=1e-6 * abs(y).max())
"""


def test_each_trains_saves_and_loads_in_a_process_that_has_only_keras(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
    paths = []
    for ours in TEXTBOOK:
        network = model(ours, (8, 8, 3), 4)
        network.compile("sgd", "mse")
        network.fit(x, np.zeros((4, 8, 8, 4)), verbose=0)
        paths.append(str(tmp_path / f"{ours.__name__}.keras"))
        network.save(paths[-1])
        np.savez(f"{paths[-1]}.npz", x=x, y=network.predict(x, verbose=0))
    subprocess.run([sys.executable, "-c", LOAD_ALL, *paths], check=True)
