"""Whatever form data comes in, the numbers are the same; what does not fit is told."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.read.measures import cka, measure

from .nets import chain, dense, random

X, Y = random(10, 4), random(10, 4, seed=1)
COLUMNS = ["ratio", "lesion"]


class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return X[3 * index : 3 * index + 3], Y[3 * index : 3 * index + 3]


def pairs():
    for start in range(0, 10, 4):
        yield X[start : start + 4], Y[start : start + 4]


def tensors():
    return keras.ops.convert_to_tensor(X), keras.ops.convert_to_tensor(Y)


@pytest.mark.parametrize(
    "make",
    [lambda: (X.tolist(), Y), tensors, Pairs, pairs, lambda: list(pairs())],
    ids=["lists", "tensors", "dataset", "generator", "batches"],
)
def test_forms_of_data(make):
    data = make()
    if isinstance(data, tuple) and isinstance(data[0], list):
        data = (np.array(data[0]), data[1])  # float64
    model = chain(0.5 * random(4, 4, seed=2))
    expected = measure(model, (X, Y), columns=COLUMNS, loss="mse")
    found = measure(model, data, columns=COLUMNS, loss="mse", batch_size=3)
    assert found.examples == 10
    for name in COLUMNS:
        np.testing.assert_allclose(found[name], expected[name], 1e-5)


def two_inputs():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    branch = layers.Multiply()([dense(random(4, 4))(a), dense(random(3, 4))(b)])
    return keras.Model([b, a], layers.Add()([a, branch]))


def test_several_inputs():
    a, b = random(6, 4), random(6, 3, seed=1)
    change = (a @ random(4, 4)) * (b @ random(3, 4))
    norms = [np.linalg.norm(v, axis=1).mean() for v in (change, a)]
    for data in ({"a": a, "b": b}, [b, a], ([b, a], Y), [([b, a], Y)]):
        table = measure(two_inputs(), data, columns="ratio")
        np.testing.assert_allclose(table["ratio"], norms[0] / norms[1], 1e-5)


def test_a_network_without_units_has_an_empty_table():
    x = keras.Input((4,))
    table = measure(keras.Model(x, layers.ReLU()(x)), X)
    assert table.rows == ()
    assert table.examples == 10


@pytest.mark.parametrize(
    ("data", "columns", "message"),
    [
        (X[:, :3], "ratio", r"shape \(10, 3\)"),
        (X[:0], "ratio", "no batch"),
        ([X, X], "ratio", "2 arrays"),
        (7, "ratio", "int: 7"),
        ("digits", "ratio", "str"),
        (X, "lesion", "no labels"),
        ([(X, Y, Y)], "ratio", "sample weights"),
        (X, ["ration"], r"\['ratio'\]"),
        (X, "weight", "no column 'weight'"),
    ],
)
def test_what_does_not_fit_is_told(data, columns, message):
    with pytest.raises((ValueError, TypeError), match=message):
        measure(chain(random(4, 4)), data, columns=columns, loss="mse")


def test_a_loss_has_to_be_known_and_to_be_of_each_example():
    model = chain(random(4, 4))
    with pytest.raises(ValueError, match="the loss is not known"):
        measure(model, (X, Y), columns="lesion")
    model.compile("sgd", ["mse", "mse"])
    with pytest.raises(ValueError, match="the loss is not known"):
        measure(model, (X, Y), columns="lesion")

    def averaged(y, predicted):
        return keras.ops.mean((y - predicted) ** 2)

    with pytest.raises(ValueError, match="no value for each example"):
        measure(model, (X, Y), columns="lesion", loss=averaged)


def test_a_loss_is_of_one_output():
    x = keras.Input((4,))
    y = layers.Add()([x, dense(random(4, 4))(x)])
    with pytest.raises(ValueError, match="a model with 2 outputs"):
        measure(keras.Model(x, [x, y]), (X, Y), columns="gradient", loss="mse")


def test_four_examples_are_compared_or_more():
    with pytest.raises(ValueError, match="no batch of four examples"):
        cka(chain(random(4, 4)), X[:3])
