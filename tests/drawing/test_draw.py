"""A picture shows the stream, its units, and what repeats only once."""

import re
import xml.etree.ElementTree as ET

import keras
import pytest
from keras import layers

from keras_residual.drawing import draw, page


@pytest.fixture(autouse=True)
def _without_a_legend(monkeypatch):
    """Which has tests of its own; here, what is told of the model is all there is."""
    monkeypatch.setattr(page, "key", lambda *_: [])


def texts(svg):
    root = ET.fromstring(svg)  # noqa: S314  our own text
    return [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_names_with_orders_to_a_terminal_are_spelt_out():
    inputs = keras.Input((8,), name="x\x1b[2J")
    y = layers.Add(name="a\x1b<b>")([inputs, layers.Dense(8, name="d\u202e")(inputs)])
    svg = draw(keras.Model(inputs, y, name="m\x07"))
    assert texts(svg)
    assert not set("\x1b\x07\u202e") & set(svg)


def basic(x, filters, stride, name):
    f = layers.Conv2D(filters, 3, stride, padding="same", name=f"{name}_conv1")(x)
    f = layers.BatchNormalization(name=f"{name}_norm1")(f)
    f = layers.ReLU(name=f"{name}_relu1")(f)
    f = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2")(f)
    if stride > 1:
        x = layers.Conv2D(filters, 1, stride, name=f"{name}_shortcut_conv1")(x)
    x = layers.Add(name=f"{name}_add")([x, f])
    return layers.ReLU(name=f"{name}_relu2")(x)


def resnet(blocks, name="net"):
    x = inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, padding="same", name="stem_conv1")(x)
    for k in range(blocks):
        x = basic(x, 8, 1, f"stage1_block{k}")
    for k in range(blocks):
        x = basic(x, 16, 1 if k else 2, f"stage2_block{k}")
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, x, name=name)


def test_a_residual_network_told_in_order():
    assert texts(draw(resnet(3))) == [
        "net",
        "6 residual units, 5 identity, 1 projection",
        *("input", "16×16×3"),
        *("3×3 conv 8", "16×16×8"),
        *("3×3 conv 8 · norm · relu", "3×3 conv 8", "+", "then relu", "×3"),
        *("3×3 conv 16 /2 · norm · relu", "3×3 conv 16", "1×1 conv 16 /2"),
        *("+", "then relu", "8×8×16"),
        *("3×3 conv 16 · norm · relu", "3×3 conv 16", "+", "then relu", "×2"),
        *("global average pool", "16"),
        *("dense 10 · softmax", "10"),
    ]


def test_a_deep_network_takes_no_more_room():
    counts = {"×40": "×4", "×39": "×3", "80 res": "8 res", "79 id": "7 id"}
    shallow, deep = texts(draw(resnet(4))), " | ".join(texts(draw(resnet(40))))
    for long, short in counts.items():
        deep = deep.replace(long, short)
    assert deep.split(" | ") == shallow


def test_the_picture_is_self_contained_and_named():
    svg = draw(resnet(2, name="a & b"))
    root = ET.fromstring(svg)  # noqa: S314
    assert root.get("role") == "img"
    title = root.find("{http://www.w3.org/2000/svg}title").text
    assert title == "a & b: 4 residual units, 3 identity, 1 projection"
    assert root.get("aria-label") == title
    assert not re.search(r'\bid="|href|url\(|@import|<script', svg)
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme:dark" in svg


def test_a_repeated_pair_gets_one_bracket():
    x = inputs = keras.Input((5, 8))
    for _ in range(12):
        h = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(2, 4)(h, h)
        x = x + layers.Dense(8)(layers.LayerNormalization()(x))
    told = texts(draw(keras.Model(inputs, x, name="t")))
    assert told[4:] == [
        *("layer norm · attention, 2 heads", "+"),
        *("layer norm · dense 8", "+"),
        "×12",
    ]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("several", [True, False])
def test_what_is_repeated_with_the_same_weights_is_told_as_shared(shared, several):
    def made():
        y = x = keras.Input((8,))
        for units in (6, 7)[: 1 + several]:
            y = layers.Add()([y, layers.Dense(8)(layers.Dense(units)(y))])
        return keras.Model(x, y)

    x = inputs = keras.Input((8,))
    body = made()
    for _ in range(3):
        x = body(x) if shared else made()(x)
    told = texts(draw(keras.Model(inputs, x, name="t")))
    assert told[-1] == ("×3 shared" if shared else "×3")


def test_long_skips_run_beside_the_stream():
    inputs = keras.Input((8, 8, 4))
    skip = layers.Conv2D(4, 3, padding="same")(inputs)
    x = layers.Conv2D(8, 3, padding="same")(layers.MaxPooling2D()(skip))
    x = layers.Conv2DTranspose(4, 2, 2)(x)
    svg = draw(keras.Model(inputs, layers.Concatenate()([skip, x]), name="u"))
    assert svg.count('class="kr-skip-line"') == 1
    assert texts(svg)[2:] == [
        *("input", "8×8×4"),
        "3×3 conv 4",
        *("2×2 max pool /2", "4×4×4"),
        *("3×3 conv 8", "4×4×8"),
        *("2×2 conv 4 ↑2", "8×8×4"),
        *("c", "8×8×8"),
    ]


def test_a_merge_without_a_shortcut_says_so():
    x = keras.Input((8,))
    svg = draw(keras.Model(x, layers.Dense(8)(x) + layers.Dense(8)(x)))
    assert "undecidable" in texts(svg)
    assert "kr-gap-line" in svg.split("</style>")[1]


def test_gates_are_told_with_what_they_gate():
    x = keras.Input((8, 8, 4))
    f = layers.Conv2D(4, 3, padding="same")(x)
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(f)
    gate = layers.Conv2D(4, 1, activation="sigmoid")(squeezed)
    excited = texts(draw(keras.Model(x, x + f * gate)))
    assert excited[4:] == ["3×3 conv 4", "× gate", "+"]
    t = layers.Conv2D(4, 1, activation="sigmoid")(x)
    highway = texts(draw(keras.Model(x, t * f + (1.0 - t) * x)))
    assert highway[4:] == ["3×3 conv 4", "× gate", "× gate", "+"]


def test_a_plain_network_has_a_stream_and_no_units():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(8, "relu")],
        name="plain",
    )
    told = texts(draw(model))
    assert told == [
        "plain",
        "a plain network: no residual units",
        "input",
        "4",
        "dense 8 · relu",
        "8",
        "×2",
    ]


def test_paths_that_are_no_unit_stand_side_by_side():
    x = keras.Input((8, 8, 4))
    paths = [layers.Conv2D(4, k, padding="same")(x) for k in (1, 3)]
    told = texts(draw(keras.Model(x, layers.Concatenate()(paths))))
    assert told[4:7] == ["│ 1×1 conv 4", "│ 3×3 conv 4", "concatenate"]


def test_channels_first_sizes_are_told_channels_last():
    x = keras.Input((3, 16, 8))
    y = layers.MaxPooling2D(1, data_format="channels_first")(x)
    assert "16×8×3" in texts(draw(keras.Model(x, y)))
