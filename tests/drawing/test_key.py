"""The legend explains the marks that occur, and no others."""

import keras
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.drawing.draw import lay_out
from keras_residual.drawing.sheet import Disc, Line, Text, bounds


def legend(model):
    """Returns what the legend says."""
    marks = lay_out(model).marks
    return [m.text for m in marks if isinstance(m, Text) and m.role == "key"]


def u_net(depth):
    x = inputs = keras.Input((64, 64, 3))
    skips = []
    for _ in range(depth):
        for _ in range(3):
            x = layers.Add()([x, layers.Conv2D(x.shape[-1], 3, padding="same")(x)])
            x = layers.Conv2D(x.shape[-1] + 1, 3, padding="same")(x)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    for skip in skips[::-1]:
        x = layers.Concatenate()([skip, layers.UpSampling2D()(x)])
        x = layers.Conv2D(8, 3, padding="same")(x)
    return keras.Model(inputs, x)


def test_a_network_without_marks_has_no_legend():
    x = keras.Input((4,))
    assert legend(keras.Model(x, layers.Dense(2)(x))) == []


@pytest.mark.parametrize("merge", ["sum", "concatenation"])
def test_only_what_occurs_is_explained(merge):
    x = inputs = keras.Input((8, 8, 4))
    together = layers.Add() if merge == "sum" else layers.Concatenate()
    x = together([x, layers.Conv2D(4, 3, padding="same")(x)])
    assert legend(keras.Model(inputs, x)) == [merge]


def test_a_diamond_a_count_and_a_stride_are_explained():
    x = inputs = keras.Input((8, 8, 4))
    x = kr.blocks.basic(8, stride=2)(x)
    for _ in range(3):
        x = kr.blocks.basic(8)(x)
    said = legend(keras.Model(inputs, x))
    assert said[:2] == ["sum", "the shortcut changes the stream"]
    assert "N alike, one after the other" in said
    assert said[-2:] == ["/2", "stride 2"]


@pytest.mark.parametrize(
    ("via", "sign", "said"),
    [
        (kr.connections.hyper(3), "open 3 lanes", "3 copies of the stream, one a lane"),
        (
            kr.connections.fractional(2),
            "cut into 2 lanes",
            "the channels in 2 parts, one a lane",
        ),
    ],
    ids=str,
)
def test_lanes_are_explained(via, sign, said):
    x = keras.Input((5, 4))
    found = legend(keras.Model(x, kr.connect(x, [kr.dense(4)], via=via)))
    assert found == ["written into each lane", sign, said]


def test_a_gate_of_a_gru_is_one_sign_on_the_stream():
    """As in the figure of its paper, which draws a gate in the place of the sum."""
    x = keras.Input((5, 4))
    unit = kr.Residual([kr.norm("layer"), kr.dense(4), "relu"], merge="gru_gate")
    model = keras.Model(x, unit(unit(x)))
    marks = lay_out(model).marks
    told = [m.text for m in marks if isinstance(m, Text) and m.role == "text"]
    assert told == ["input", "layer norm · dense 4", "relu"]
    assert legend(model)[0].startswith("gate of a recurrent unit (GRU)")


def test_a_skip_that_breaks_has_one_letter_at_both_ends():
    sheet = lay_out(u_net(5))
    letters = [m for m in sheet.marks if isinstance(m, Text) and m.role == "broken"]
    *ends, _ = letters  # the last is the legend's
    told = sorted(letter.text for letter in ends)
    assert told[::2] == told[1::2] == sorted({*told})
    assert told
    stubs = [m for m in sheet.marks if isinstance(m, Line) and m.role == "skip"]
    for letter in ends:
        near = [x for stub in stubs for x, y in stub.points if abs(y - letter.y) < 13]
        assert min(abs(x - letter.x) for x in near) < 0.1
    assert "it goes on at the other a" in legend(u_net(5))
    assert "long skip" in legend(u_net(5))
    assert "it goes on at the other a" not in legend(u_net(1))


def test_the_legend_is_below_the_picture_and_inside_the_page():
    sheet = lay_out(u_net(5))
    texts = [m for m in sheet.marks if isinstance(m, Text)]
    above = [m for m in sheet.marks if isinstance(m, Disc) and m.units]
    key = [bounds(m) for m in texts if m.role == "key"]
    assert min(top for _, top, _, _ in key) > max(bounds(m)[3] for m in above)
    assert max(right for _, _, right, _ in key) <= sheet.width
    assert max(low for _, _, _, low in key) <= sheet.height
