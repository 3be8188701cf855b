"""Multiply-adds against published counts, and by hand."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph.cost import multiply_adds, unknown_costs


class Own(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), name="kernel")

    def call(self, x):
        return x * self.w


class OwnPool(Own):
    pool_size = (2,)


class OwnCell(layers.SimpleRNNCell):
    def __init__(self):
        super().__init__(3)


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
        (lambda: layers.EinsumDense("...c,cd->...d", 6), (5, 4), 5 * 4 * 6),
        (lambda: layers.EinsumDense("abc,bcd->ad", 6), (5, 4), 5 * 4 * 6),
        (lambda: layers.EinsumDense("abc,cde->abde", (5, 2, 3)), (5, 4), 5 * 4 * 6),
        (lambda: layers.TimeDistributed(layers.Dense(6)), (5, 4), 5 * (4 * 6)),
        (
            lambda: layers.TimeDistributed(layers.Conv2D(6, 3)),
            (2, 5, 5, 4),
            2 * 9 * (9 * 4 * 6),
        ),
        (
            lambda: layers.SpectralNormalization(layers.Conv1D(6, 3)),
            (5, 4),
            3 * (3 * 4 * 6),
        ),
        (lambda: layers.Conv2D(6, 3), (None, 5, 4), None),
        (lambda: layers.SimpleRNN(3), (5, 4), 5 * (4 + 3) * 3),
        (lambda: layers.LSTM(3), (5, 4), 5 * 4 * (4 + 3) * 3),
        (lambda: layers.LSTM(3, return_sequences=True), (5, 4), 5 * 4 * (4 + 3) * 3),
        (lambda: layers.GRU(3), (5, 4), 5 * 3 * (4 + 3) * 3),
        (lambda: layers.Bidirectional(layers.GRU(3)), (5, 4), 2 * 5 * 3 * (4 + 3) * 3),
        (
            lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]),
            (5, 4),
            5 * (4 * (4 + 3) * 3 + 3 * (3 + 2) * 2),
        ),
        (lambda: layers.ConvLSTM1D(3, 2), (5, 6, 4), 5 * 5 * 4 * 2 * (4 + 3) * 3),
        (
            lambda: layers.ConvLSTM2D(3, 2, padding="same", return_sequences=True),
            (5, 6, 7, 4),
            5 * 42 * 4 * 4 * (4 + 3) * 3,
        ),
        (lambda: layers.LSTM(3), (None, 4), None),
        (lambda: layers.RNN(OwnCell()), (5, 4), None),
        (Own, (5, 4), None),
        (OwnPool, (5, 4), None),
        (lambda: layers.Embedding(9, 3), (5,), 0),
        (layers.BatchNormalization, (5, 5, 4), 0),
    ],
)
def test_layers_by_hand(make, shape, expected):
    inputs = keras.Input(shape)
    assert multiply_adds(keras.Model(inputs, make()(inputs))) == expected


def between(layer, *shapes, **given):
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, layer(*inputs, **given))


def test_attention_of_several_heads():
    # queries 5 x 8, memory 7 x 6; 2 heads, keys of 3 numbers and values of 4
    layer = layers.MultiHeadAttention(2, 3, value_dim=4)
    ends = 5 * (8 * 2 * 3) + 7 * (6 * 2 * 3) + 7 * (6 * 2 * 4) + 5 * (2 * 4 * 8)
    expected = ends + 2 * 5 * 7 * (3 + 4)
    assert multiply_adds(between(layer, (5, 8), (7, 6))) == expected
    both = keras.Input((5, 8)), keras.Input((7, 6))
    named = layer(query=both[0], key=both[1], value=both[1])
    assert multiply_adds(keras.Model(both, named)) == expected


def test_attention_of_a_sequence_to_itself():
    x = keras.Input((5, 8))
    layer = layers.MultiHeadAttention(2, 4)
    expected = 4 * 5 * 8 * 8 + 2 * 2 * 5 * 5 * 4
    assert multiply_adds(keras.Model(x, layer(x, x))) == expected
    grouped = layers.GroupQueryAttention(4, 4, 2)
    expected = 2 * 5 * 8 * 16 + 2 * 5 * 8 * 8 + 2 * 4 * 5 * 5 * 4
    assert multiply_adds(keras.Model(x, grouped(x, x))) == expected


def test_attention_without_weights_and_products_of_tensors():
    x, memory = keras.Input((5, 8)), keras.Input((7, 8))
    for layer in (layers.Attention(), layers.AdditiveAttention()):
        counted = multiply_adds(keras.Model([x, memory], layer([x, memory])))
        assert counted == 5 * 7 * 8 + 5 * 7 * 8
    turned = keras.ops.transpose(memory, (0, 2, 1))
    for product in (
        keras.ops.matmul(x, turned),
        keras.ops.einsum("abc,adc->abd", x, memory),
        layers.Dot(axes=2)([x, memory]),
    ):
        assert multiply_adds(keras.Model([x, memory], product)) == 5 * 7 * 8
    heads = keras.Input((5, 2, 4))
    seen = keras.ops.dot_product_attention(heads, heads, heads)
    assert multiply_adds(keras.Model(heads, seen)) == 2 * 5 * 5 * 2 * 4


def test_a_table_that_is_read_both_ways():
    x = keras.Input((5,))
    table = layers.ReversibleEmbedding(9, 3)
    model = keras.Model(x, table(table(x), reverse=True))
    assert multiply_adds(model) == 5 * 3 * 9


def test_what_is_not_known_is_named():
    x = keras.Input((5, 4))
    y = layers.Dense(4)(Own(name="own")(x))
    model = keras.Model(x, keras.ops.matmul(y, np.ones((4, 3), "float32")))
    assert multiply_adds(model) is None
    own, product = unknown_costs(model)
    assert own == "own"
    assert product.startswith("matmul")


def test_a_model_counts_in_each_step():
    frame = keras.Input((4,))
    inner = keras.Model(frame, layers.Dense(6)(frame))
    x = keras.Input((5, 4))
    model = keras.Model(x, layers.TimeDistributed(inner)(x))
    assert multiply_adds(model) == 5 * 4 * 6


def test_a_layer_counts_as_often_as_it_is_called():
    inputs, dense = keras.Input((4,)), layers.Dense(4)
    inner = keras.Model(inputs, dense(dense(inputs)))
    outer = keras.Input((4,))
    assert multiply_adds(keras.Model(outer, inner(inner(outer)))) == 4 * 16
