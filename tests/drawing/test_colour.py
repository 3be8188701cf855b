"""Units take the colours of their values."""

import math
import re

import keras
import matplotlib as mpl
import pytest
from keras import layers
from matplotlib.colors import to_hex

from keras_residual.drawing import draw
from keras_residual.drawing.draw import lay_out
from keras_residual.drawing.scale import viridis
from keras_residual.drawing.sheet import Box, Text
from keras_residual.graph import find_residuals

LEGEND = 64  # colours on its bar


def network(units=6):
    x = inputs = keras.Input((8,))
    for k in range(units):
        x = layers.Add(name=f"add{k}")([x, layers.Dense(8)(x)])
    return keras.Model(inputs, x, name="net")


def cells(sheet):
    """Returns the boxes of the strips, without the legend's."""
    found = [m for m in sheet.marks if isinstance(m, Box) and m.role != "box"]
    return [box for box in found if box.y > 84]


def told(sheet):
    return [mark.text for mark in sheet.marks if isinstance(mark, Text)]


def test_a_group_is_a_strip_of_its_units_in_order():
    values = {f"add{k}": v for k, v in enumerate((3.0, 1.0, 2.0, 5.0, 4.0, 1.5))}
    strip = cells(lay_out(network(), values))
    expected = [to_hex(mpl.colormaps["viridis"]((v - 1) / 4)) for v in values.values()]
    assert [cell.fill for cell in strip] == expected
    assert [cell.x for cell in strip] == sorted(cell.x for cell in strip)
    assert "1 – 5" in told(lay_out(network(), values))


def test_units_in_a_repeated_pair_keep_their_own_values():
    x = inputs = keras.Input((8,))
    for k in range(3):
        x = layers.Add(name=f"a{k}")([x, layers.Dense(8)(x)])
        x = layers.Add(name=f"b{k}")(
            [x, layers.Dense(4)(layers.Dense(8)(x))[:, :1] * x]
        )
    model = keras.Model(inputs, x)
    paths = [unit.path for unit in find_residuals(model)]
    assert paths == ["a0", "b0", "a1", "b1", "a2", "b2"]
    strip = cells(lay_out(model, {path: k for k, path in enumerate(paths)}))
    order = (0, 2, 4, 1, 3, 5)  # the three of a, then the three of b
    assert [cell.fill for cell in strip] == [viridis(k / 5) for k in order]


def test_the_legend_tells_name_and_range():
    values = {"add0": 0.125, "add5": 300.0}
    sheet = lay_out(network(), values, "change / stream")
    assert told(sheet)[2:6] == ["change / stream", "0.125", "300", "no value"]
    bar = [m for m in sheet.marks if isinstance(m, Box) and m.fill and m.y < 84]
    assert len(bar) == LEGEND
    assert (bar[0].fill, bar[-1].fill) == (viridis(0.0), viridis(1.0))


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_a_unit_without_a_value_is_hatched(value):
    values = {"add0": 1.0, "add1": value, "add2": 2.0}
    strip = cells(lay_out(network(3), values))
    assert [cell.role for cell in strip] == ["cell", "missing", "cell"]
    assert "no value" in told(lay_out(network(3), values))
    assert "no value" not in told(lay_out(network(1), {"add0": 1.0}))


def test_equal_values_have_one_colour():
    strip = cells(lay_out(network(2), {"add0": 7, "add1": 7}))
    assert {cell.fill for cell in strip} == {viridis(0.5)}


def test_lightness_rises_with_the_value():
    def lightness(colour):
        red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    steps = [lightness(viridis(k / 20)) for k in range(21)]
    assert steps == sorted(steps)


def test_a_column_with_a_name_needs_no_other():
    class Column:
        name = "ratio"

        def to_dict(self):
            return {"add0": 1.0, "add1": 2.0}

    svg = draw(network(2), colour=Column())
    assert ">ratio</text>" in svg
    assert ">other</text>" in draw(network(2), colour=Column(), measure="other")


def test_without_values_there_are_no_colours():
    assert cells(lay_out(network())) == []
    svg = draw(network())
    assert not re.search(r'fill="#', svg)


@pytest.mark.parametrize(
    ("colour", "error", "words"),
    [
        ({"add": 1.0}, ValueError, "names 'add', which is no unit"),
        ({"add0": math.nan}, ValueError, "no finite value"),
        ({}, ValueError, "no finite value"),
        ({"add0": "high"}, TypeError, "gives no numbers"),
        ([0.1, 0.2], TypeError, "gives no numbers"),
    ],
)
def test_values_that_do_not_fit_are_refused(colour, error, words):
    with pytest.raises(error, match=words):
        draw(network(), colour=colour)
