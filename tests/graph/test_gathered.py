"""Sums that are no unit: of what branches give beside their stream, and of scores."""

import keras
import pytest
from keras import layers, ops

from keras_residual.graph import find_residuals


def found(inputs, outputs):
    return find_residuals(keras.Model(inputs, outputs))


@pytest.mark.parametrize("merge", [layers.Add, layers.Subtract])
@pytest.mark.parametrize("read", [lambda f: f, layers.Dense(8)])
def test_a_sum_of_what_branches_give_beside_their_stream_is_no_unit(merge, read):
    """Of the forecasts of N-BEATS, and of the skips of WaveNet."""
    inputs = x = keras.Input((8,))
    given = []
    for k in range(3):
        f = layers.Dense(8, "tanh", name=f"f{k}")(x)
        given.append(layers.Dense(4)(read(f)))
        x = merge(name=f"merge{k}")([x, layers.Dense(8)(f)])
    paths = [unit.path for unit in found(inputs, layers.Add(name="sum")(given))]
    assert paths == ["merge0", "merge1"]  # nobody reads the last
    both = found(inputs, [layers.Add()(given), x])
    assert [unit.path for unit in both] == ["merge0", "merge1", "merge2"]


def test_sums_of_cells_without_a_shortcut_are_units_in_each_cell():
    """As in NASNet: a cell reads the two before it, and each sum joins both."""
    before = inputs = keras.Input((8,))
    last = layers.Dense(8)(inputs)
    for k in range(3):
        a, b = layers.Dense(4)(before), layers.Dense(4)(last)
        sums = [layers.Add(name=f"first{k}")([layers.Dense(4)(b), layers.Dense(4)(a)])]
        sums.append(layers.Add(name=f"second{k}")([layers.Dense(4)(b), a]))
        before, last = last, layers.Concatenate()(sums)
    paths = [unit.path for unit in found(inputs, last)]
    assert paths == [f"{name}{k}" for k in range(3) for name in ("first", "second")]


def test_a_sum_of_columns_is_a_unit_though_one_holds_another():
    x = keras.Input((8,))
    f = layers.Dense(8)(x)
    f = layers.Add(name="inner")([f, layers.Dense(8)(f)])
    units = found(x, layers.Add(name="outer")([layers.Dense(8)(f), layers.Dense(8)(x)]))
    assert [unit.path for unit in units] == ["inner", "outer"]


def test_the_sum_of_each_row_and_each_column_is_no_unit():
    x = keras.Input((6, 4), name="x")
    row, column = (layers.Dense(1)(x) for _ in range(2))
    scores = ops.softmax(row + ops.transpose(column, (0, 2, 1)))
    y = layers.Add(name="sum")([x, ops.matmul(scores, layers.Dense(4)(x))])
    assert [unit.path for unit in found(x, y)] == ["sum"]
