"""A skip is a lesion of units in a row, and the angle that they turn the stream by."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .nets import CHANNELS, chain, dense, pictures, random
from .stream_nets import X, normed, streams

LABELS = np.arange(6) % 5


def angle(a, b):
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.arccos((a * b).sum(-1) / norms) / np.pi


def close(found, expected):
    np.testing.assert_allclose(found, expected, 1e-4, 1e-5)


def test_one_unit_is_what_measure_says():
    model, loss = normed(), "sparse_categorical_crossentropy"
    found = kr.stream.skip(model, (X, LABELS), loss=loss)
    table = kr.measure(model, (X, LABELS), columns=["influence", "lesion"], loss=loss)
    assert found.first == found.last == table.units
    close(found.influence, table["influence"])
    close(found.rise, table["lesion"])


@pytest.mark.parametrize("length", [1, 2, 3])
def test_units_in_a_row(length):
    kernels = [random(3, 3, seed=k) / 2 for k in range(3)]
    x = X[:, :3].astype("float64")
    one = np.eye(3)
    found = kr.stream.skip(chain(*kernels), X[:, :3], length=length, batch_size=3)
    stream = [x]
    for kernel in kernels:
        stream.append(stream[-1] @ (one + kernel))
    for k, row in enumerate(found.rows()):
        before, after = stream[k], stream[k + length]
        assert (row["first"], row["last"]) == (f"add{k}", f"add{k + length - 1}")
        assert row["distance"] == pytest.approx(angle(before, after).mean(), rel=1e-4)
        cut = before
        for kernel in kernels[k + length :]:
            cut = cut @ (one + kernel)
        assert row["turn"] == pytest.approx(angle(cut, stream[-1]).mean(), rel=1e-3)
        assert "rise" not in row


def test_the_distance_is_that_of_the_last_position_that_counts():
    values = random(2, 3, 4)
    values[0, 2] = 0
    model = normed(sequence=(3,), masked=True)
    stream = streams(values)
    with np.errstate(invalid="ignore"):
        each = angle(stream[0], stream[1])
    last = kr.stream.skip(model, values).distance[0]
    assert last == pytest.approx((each[0, 1] + each[1, 2]) / 2, rel=1e-4)
    every = kr.stream.skip(model, values, position=None).distance[0]
    assert every == pytest.approx(np.r_[each[0, :2], each[1]].mean(), rel=1e-4)


def test_a_picture_is_one_vector_for_the_distance():
    kernel, x = random(CHANNELS, CHANNELS), random(2, 4, 5, CHANNELS, seed=1)
    found = kr.stream.skip(pictures(kernel), x)
    y = (x + x @ kernel).reshape(2, -1)
    close(found.distance, [angle(x.reshape(2, -1), y).mean()])


def test_a_projection_stays():
    x = keras.Input((4,), name="x")
    kernel = random(4, 3)
    y = layers.Add(name="add")([dense(kernel)(x), layers.Dense(3, "tanh")(x)])
    found = kr.run(keras.Model(x, y), X, keep=["add", "add/shortcut"])
    skipped = kr.stream.skip(keras.Model(x, y), X)
    close(skipped.turn, [angle(found["add/shortcut"], found["add"]).mean()])


def test_more_units_than_there_are():
    with pytest.raises(kr.ResidualError, match="length=3"):
        kr.stream.skip(normed(), X, length=4)


def test_an_output_of_one_number_turns_by_no_angle():
    x = keras.Input((3,))
    y = layers.Add(name="add")([x, layers.Dense(3)(x)])
    model = keras.Model(x, layers.Dense(1, "sigmoid")(y))
    (row,) = kr.stream.skip(model, X[:, :3]).rows()
    assert np.isnan(row["turn"])
    assert row["distance"] > 0
