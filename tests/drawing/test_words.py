"""Operations are told as people say them."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.drawing.lettering import SIZE, fitted, width, wrapped
from keras_residual.drawing.words import words
from keras_residual.graph.graph import Graph


def told(layer, shape=(8, 8, 4)):
    x = keras.Input(shape)
    return words(Graph(keras.Model(x, layer(x))).ops[-1])


class CLIPVisionHead(layers.ReLU):
    pass


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (layers.Conv2D(8, 3, 2), "3×3 conv 8 /2"),
        (layers.Conv2D(8, (1, 7)), "1×7 conv 8"),
        (layers.Conv2D(4, 3, groups=2), "3×3 conv 4 in 2 groups"),
        (layers.Conv2D(8, 3, dilation_rate=2), "3×3 conv 8 dilated 2"),
        (layers.Conv2DTranspose(8, 2, 2), "2×2 conv 8 ↑2"),
        (layers.DepthwiseConv2D(7), "7×7 depthwise"),
        (layers.MaxPooling2D(3, 2), "3×3 max pool /2"),
        (layers.MaxPooling2D(1, 2), "subsample /2"),
        (layers.GlobalAveragePooling2D(), "global average pool"),
        (layers.Rescaling(0.5), "× 0.5"),
        (layers.Rescaling(0.5, 0.1), "rescale"),
        (layers.Normalization(mean=0.0, variance=1.0), "normalise"),
        (layers.Dropout(0.25), "dropout 0.25"),
        (layers.Dropout(0.0), ""),
        (layers.Dropout(0.1, noise_shape=(None, 1, 1, 1)), "drop path"),
        (layers.EinsumDense("bhwc,c->bhwc", (None, None, 4)), "layer scale"),
        (layers.ZeroPadding2D(), ""),
        (layers.UnitNormalization(), "unit norm"),
        (CLIPVisionHead(), "clip vision head"),
        (lambda x: x + 1.0, "+ 1"),
        (lambda x: 0.3 * x, "× 0.3"),
        (lambda x: x * np.float32(0.1), "× 0.1"),
        (lambda x: keras.ops.multiply(x, keras.ops.convert_to_tensor(0.3)), "× 0.3"),
        (lambda x: x * np.arange(4.0), "× constant"),
        (lambda x: x - 2, "− 2"),
        (lambda x: 2 - x, "subtract"),
        (lambda x: x / 255, "÷ 255"),
        (lambda x: 1 / x, "divide"),
    ],
)
def test_an_operation_in_few_words(layer, text):
    assert told(layer) == text


@pytest.mark.parametrize(("tied", "text"), [(True, "tied head 9"), (False, "head 9")])
def test_an_embedding_that_is_read_out_of_is_a_head(tied, text):
    embedding = layers.ReversibleEmbedding(9, 4, tie_weights=tied)
    x = keras.Input((5,), dtype="int32")
    model = keras.Model(x, embedding(embedding(x), reverse=True))
    assert [words(op) for op in Graph(model).ops[1:]] == ["embedding 4", text]


def test_a_convolution_that_looks_back_only_says_so():
    layer = layers.Conv1D(8, 2, dilation_rate=4, padding="causal")
    assert told(layer, (16, 4)) == "2 conv 8 dilated 4 causal"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("audio", "input audio"),
        ("input_ids", "input_ids"),
        ("input", "input"),
        ("inputs", "input"),
        (None, "input"),
    ],
)
def test_an_input_has_its_name_unless_keras_gave_it(name, text):
    x = keras.Input((4,), name=name)
    graph = Graph(keras.Model(x, layers.Dense(2)(x)))
    assert words(graph.ops[0]) == text


def test_a_gate_is_told_as_one_however_it_is_bent():
    from keras_residual.drawing.telling import tell

    for bend in (keras.activations.sigmoid, lambda x: keras.ops.relu6(x + 3.0) / 6.0):
        x = layers.Conv2D(4, 1)(inputs := keras.Input((8, 8, 4)))
        squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
        y = x * bend(layers.Conv2D(4, 1)(squeezed))
        graph = Graph(keras.Model(inputs, y))
        assert tell(graph, 0, tuple(graph.ops[1:])) == ["1×1 conv 4", "× gate"]


def test_a_long_line_breaks_at_its_dots_and_arrows():
    text = "3×3 conv 256 · layer norm · leaky relu"
    assert wrapped(text, 1000) == [text]
    assert wrapped(text, 170) == ["3×3 conv 256 · layer norm", "leaky relu"]
    assert wrapped("│ 1×1 conv 64 → 3×3 conv 96", 120) == [
        "│ 1×1 conv 64",
        "│\u00a0\u00a0\u00a0 → 3×3 conv 96",
    ]


@pytest.mark.parametrize("text", ["W" * 80, "a very " * 20, "│ " + "x → " * 40])
def test_no_row_is_wider_than_its_room(text):
    assert all(width(row) <= 200 for row in wrapped(text, 200))
    assert width(fitted(text, 100)) <= 100


def test_width_grows_with_size_and_weight():
    assert width("norm", 2 * SIZE) == pytest.approx(2 * width("norm"))
    assert width("norm", bold=True) > width("norm")
    assert width("") == 0
