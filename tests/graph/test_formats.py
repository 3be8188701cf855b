"""The channels of each tensor are found where its own layers have them."""

import keras
import pytest
from keras import layers

from keras_residual.graph import find_residuals
from keras_residual.graph.graph import Graph


def transformer(width=12):
    """A picture in channels-first format, then tokens with their channels last."""
    inputs = keras.Input((3, 16, 16), name="picture")
    x = layers.BatchNormalization(axis=1, name="norm")(inputs)
    x = layers.ReLU(name="relu")(x)
    x = layers.Conv2D(width, 4, 4, data_format="channels_first", name="patch")(x)
    x = layers.Reshape((width, 16), name="flat")(x)
    x = layers.Permute((2, 1), name="tokens")(x)
    y = layers.LayerNormalization()(x)
    x = layers.Add(name="attended")([x, layers.MultiHeadAttention(2, 6)(y, y)])
    y = layers.Dense(width)(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Add(name="mixed")([x, y]))


@pytest.mark.parametrize("config", ["channels_first", "channels_last"])
def test_tokens_are_no_channels(config):
    before = keras.config.image_data_format()
    keras.config.set_image_data_format(config)
    try:
        graph = Graph(transformer())
        found = {op.path: graph.channels_first(op) for op in graph.ops}
        units = find_residuals(transformer())
    finally:
        keras.config.set_image_data_format(before)
    first = [path for path, is_first in found.items() if is_first]
    assert first == ["picture", "norm", "relu", "patch"]
    assert [unit.channels for unit in units] == [12, 12]


def test_both_formats_in_one_network():
    inputs = keras.Input((8, 8, 3), name="last")
    x = layers.Conv2D(4, 1, data_format="channels_last")(layers.ReLU()(inputs))
    x = layers.Permute((3, 1, 2), name="turned")(x)
    x = layers.MaxPooling2D(2, data_format="channels_first", name="pool")(x)
    x = layers.Permute((2, 3, 1), name="back")(layers.Activation("tanh", name="act")(x))
    pooled = layers.GlobalAveragePooling2D(data_format="channels_last")(x)
    graph = Graph(keras.Model(inputs, pooled))
    first = [op.path for op in graph.ops if graph.channels_first(op)]
    assert first == ["turned", "pool", "act"]
