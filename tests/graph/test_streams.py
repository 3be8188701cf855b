"""Streams are the chains that a reader of the network would name."""

import keras
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph.streams import streams_of


def streams(model):
    analysis = kr.Analysis(model)
    return streams_of(analysis.graph, analysis.units)


def unit(x, name, *, norm=None, width=8):
    y = layers.LayerNormalization(name=f"{name}_norm")(x) if norm == "pre" else x
    y = layers.Dense(width, "tanh", name=f"{name}_dense")(y)
    if x.shape[-1] != width:
        x = layers.Dense(width, name=f"{name}_project")(x)
    y = layers.Add(name=name)([x, y])
    return layers.LayerNormalization(name=f"{name}_norm")(y) if norm == "post" else y


@pytest.mark.parametrize("norm", [None, "pre", "post"])
def test_units_in_a_row_are_one_stream(norm):
    x = keras.Input((5, 8), name="x")
    y = unit(unit(x, "a", norm=norm), "b", norm=norm)
    (stream,) = streams(keras.Model(x, layers.Dense(3, name="head")(y)))
    assert stream.names == ("start", "a", "b")
    assert [op.path for op in stream.points] == ["x", "a", "b"]
    after = [] if norm != "post" else ["b_norm"]
    assert [op.path for op in stream.read_out] == [*after, "head"]
    assert stream.outputs == (0,)


def test_another_width_starts_a_stream_at_what_its_shortcut_brings():
    x = keras.Input((8,), name="x")
    y = unit(unit(unit(unit(x, "a"), "b"), "c", width=4), "d", width=4)
    first, second = streams(keras.Model(x, y))
    assert first.names == ("start", "a", "b")
    assert second.names == ("start", "c", "d")
    assert second.points[0].path == "c_project"
    read_out = [op.path for op in first.read_out]
    assert sorted(read_out) == ["c", "c_dense", "c_project", "d", "d_dense"]


def test_units_inside_the_branch_of_a_longer_skip_are_a_stream_of_their_own():
    x = keras.Input((8,), name="x")
    first = unit(x, "first")
    inner = unit(unit(first, "a"), "b")
    y = layers.Add(name="long")([first, layers.Dense(8)(inner)])
    found = [one.names for one in streams(keras.Model(x, unit(y, "last")))]
    assert found == [("start", "a", "b"), ("start", "first", "long", "last")]


def test_what_the_read_out_reads_beside_the_stream():
    x, z = keras.Input((8,), name="x"), keras.Input((8,), name="z")
    gate = layers.Dense(8, "sigmoid", name="gate")(z)
    y = layers.Multiply(name="gated")([unit(x, "a"), gate])
    (stream,) = streams(keras.Model([x, z], [y, gate]))
    assert [stream.graph.ops[k].path for k in stream.outside] == ["gate"]
    assert stream.outputs == (0,)
