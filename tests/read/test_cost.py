"""Multiply-adds against published counts, and by hand."""

import keras
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.read.cost import multiply_adds


@pytest.mark.parametrize(
    ("name", "published", "source"),
    [
        ("resnet18", 1.8e9, "He et al. 2015, table 1"),
        ("resnet34", 3.6e9, "He et al. 2015, table 1"),
    ],
)
def test_our_networks_multiply_as_published(name, published, source):
    assert multiply_adds(kr.models.build(name)) == pytest.approx(published, rel=0.02)


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow",
    reason="the graph is the same, and TensorFlow builds it fastest",
)
@pytest.mark.parametrize(
    ("name", "published", "source"),
    [
        ("ResNet50", 3.8e9, "He et al. 2015, table 1"),
        ("MobileNetV2", 300e6, "Sandler et al. 2018, table 4"),
        ("EfficientNetB0", 0.39e9, "Tan & Le 2019, table 2"),
    ],
)
def test_keras_networks_multiply_as_published(name, published, source):
    model = getattr(keras.applications, name)(weights=None)
    assert multiply_adds(model) == pytest.approx(published, rel=0.03)


@pytest.mark.parametrize(
    ("make", "shape", "expected"),
    [
        (lambda: layers.Conv2D(6, 3, groups=2), (5, 5, 4), 9 * (9 * 2 * 6)),
        (lambda: layers.Conv2D(6, 3, strides=2), (5, 5, 4), 4 * (9 * 4 * 6)),
        (lambda: layers.DepthwiseConv2D(3), (5, 5, 4), 9 * (9 * 4)),
        (lambda: layers.SeparableConv2D(6, 3), (5, 5, 4), 9 * (9 * 4 + 4 * 6)),
        (lambda: layers.Conv2DTranspose(6, 2, 2), (5, 5, 4), 25 * (4 * 4 * 6)),
        (lambda: layers.Conv1D(6, 3), (5, 4), 3 * (3 * 4 * 6)),
        (lambda: layers.Dense(6), (5, 4), 5 * (4 * 6)),
        (lambda: layers.EinsumDense("abc,cd->abd", (5, 6)), (5, 4), 5 * 4 * 6),
        (lambda: layers.TimeDistributed(layers.Dense(6)), (5, 4), None),
        (lambda: layers.LSTM(3), (5, 4), None),
        (lambda: layers.Conv2D(6, 3), (None, 5, 4), None),
        (layers.BatchNormalization, (5, 5, 4), 0),
    ],
)
def test_layers_by_hand(make, shape, expected):
    inputs = keras.Input(shape)
    assert multiply_adds(keras.Model(inputs, make()(inputs))) == expected


def test_a_layer_counts_as_often_as_it_is_called():
    inputs, dense = keras.Input((4,)), layers.Dense(4)
    inner = keras.Model(inputs, dense(dense(inputs)))
    outer = keras.Input((4,))
    assert multiply_adds(keras.Model(outer, inner(inner(outer)))) == 4 * 16
