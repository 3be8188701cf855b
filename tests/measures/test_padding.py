"""Zeros at the end of sequences, which a mask leaves out, change no measure."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.measures import COLUMNS, cka
from keras_residual.measures.padding import without_padding, zeroed

WORDS = np.arange(1, 19).reshape(6, 3)
LANES = ["mixing_forward", "mixing_backward", "lane_similarity"]


def gated(x):
    gate = layers.Dense(4, activation="sigmoid")(x)
    return layers.Add()([x, layers.Multiply()([layers.Dense(4)(x), gate])])


def attending(x):
    normalised = layers.LayerNormalization()(x)  # attention takes its mask away
    change = layers.MultiHeadAttention(2, 2)(normalised, normalised)
    return layers.Add()([x, change])


def lanes(x):
    return kr.connect(x, [kr.dense(4), kr.dense(4)], via=kr.connections.hyper(2))


def padded(width: int) -> np.ndarray:
    return np.pad(WORDS, ((0, 0), (0, width)))


def make(body) -> keras.Model:
    keras.utils.set_random_seed(7)
    inputs = keras.Input((None,), dtype="int32")
    embedding = layers.Embedding(19, 4, "glorot_normal", mask_zero=True)
    y = layers.GlobalAveragePooling1D()(body(embedding(inputs)))
    return keras.Model(inputs, layers.Dense(2)(y))


@pytest.mark.parametrize(
    ("body", "columns"),
    [(gated, [*{*COLUMNS} - {*LANES}]), (attending, ["gain", "ratio"]), (lanes, LANES)],
    ids=["gated", "attending", "lanes"],
)
def test_padding_changes_no_column(body, columns):
    model, answers = make(body), np.linspace(-1, 1, 12).reshape(6, 2)
    tables = [
        kr.measure(model, (padded(width), answers), columns=columns, loss="mse")
        for width in (0, 2)
    ]
    for column in columns:
        short, long = (table[column] for table in tables)
        np.testing.assert_allclose(long, short, rtol=1e-4, atol=1e-6, err_msg=column)
        assert column == "scale" or np.isfinite(short).all(), column


def test_padding_makes_no_streams_alike():
    found = [cka(make(lanes), padded(width)).matrix for width in (0, 2)]
    np.testing.assert_allclose(*found, rtol=1e-4)


def test_a_mask_of_other_positions_leaves_values_as_they_are():
    values, mask = np.ones((2, 1, 1, 3)), np.array([[True, False], [True, True]])
    assert without_padding(values, mask) is values
    assert zeroed(values, mask) is values
