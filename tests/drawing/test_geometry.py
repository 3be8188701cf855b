"""Nothing in a picture is cut, covered or crossed, whatever the network."""

from itertools import combinations, pairwise

import keras
import pytest
from keras import layers

from keras_residual.drawing.draw import lay_out
from keras_residual.drawing.sheet import Box, Line, Text, bounds
from keras_residual.graph import find_residuals

APPLICATIONS = [
    ("ConvNeXtTiny", 32),
    ("DenseNet121", 32),
    ("EfficientNetB0", 32),
    ("EfficientNetV2B0", 32),
    ("InceptionResNetV2", 75),
    ("InceptionV3", 75),
    ("MobileNet", 32),
    ("MobileNetV2", 32),
    ("MobileNetV3Large", 32),
    ("MobileNetV3Small", 32),
    ("NASNetMobile", 32),
    ("ResNet50", 32),
    ("ResNet50V2", 32),
    ("VGG16", 32),
    ("Xception", 71),
]


def overlap(one, other):
    """Says whether two rectangles share more than an edge."""
    left, top, right, bottom = one
    return (
        left < other[2] - 0.1
        and other[0] < right - 0.1
        and top < other[3] - 0.1
        and other[1] < bottom - 0.1
    )


def inside(one, other):
    left, top, right, bottom = one
    return (
        other[0] <= left
        and right <= other[2]
        and other[1] <= top
        and bottom <= other[3]
    )


def cut(sheet):
    """Finds what leaves the page."""
    page = (0, 0, sheet.width, sheet.height)
    return [mark for mark in sheet.marks if not inside(bounds(mark), page)]


def covered(sheet):
    """Finds boxes on boxes, texts on texts, and texts across the edge of a box."""
    boxes = [m for m in sheet.marks if isinstance(m, Box) and m.role == "box"]
    texts = [mark for mark in sheet.marks if isinstance(mark, Text)]
    pairs = [*combinations(boxes, 2), *combinations(texts, 2)]
    pairs += [
        (text, box)
        for text in texts
        for box in boxes
        if not inside(bounds(text), bounds(box))
    ]
    return [pair for pair in pairs if overlap(*map(bounds, pair))]


def crossed(sheet):
    """Finds lines through texts; a box or a disc lies above the stream."""
    boxes = [bounds(m) for m in sheet.marks if isinstance(m, Box)]
    texts = [
        mark
        for mark in sheet.marks
        if isinstance(mark, Text)
        and mark.role not in ("sign", "letter")
        and not any(inside(bounds(mark), box) for box in boxes)
    ]
    lines = [mark for mark in sheet.marks if isinstance(mark, Line)]
    segments = [(a, b) for line in lines for a, b in pairwise(line.points)]
    return [
        (text, a, b)
        for text in texts
        for a, b in segments
        if overlap(bounds(text), around(a, b))
    ]


def around(a, b):
    (left, right), (top, bottom) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    return left - 1, top - 1, right + 1, bottom + 1


def faults(sheet):
    return cut(sheet) + covered(sheet) + crossed(sheet)


def measured(model):
    return {unit.path: k / 7 for k, unit in enumerate(find_residuals(model))}


def dense(x, units, **options):
    return layers.Dense(units, kernel_initializer="zeros", **options)(x)


def u_net():
    x = inputs = keras.Input((16, 16, 4), name="image")
    skips = []
    for _ in range(3):
        x = x + dense(x, 4)
        x = dense(x, 4) + layers.Dense(4, use_bias=False)(x)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    for skip in skips[::-1]:
        x = layers.Concatenate()([skip, layers.UpSampling2D()(x)])
        x = dense(dense(x, 4, activation="relu"), 4)
    return keras.Model(inputs, x, name="u_net")


def two_inputs_three_outputs():
    image, table = keras.Input((8, 8, 4)), keras.Input((6,), name="table")
    x = image
    for _ in range(3):
        x = x + dense(x, 4)
    early, t = x, table
    for _ in range(2):
        t = t + dense(t, 6)
    x = layers.GlobalAveragePooling2D()(x + dense(dense(x, 4), 4))
    both = layers.Concatenate()([x, t])
    outputs = [dense(both, 2, name="score"), dense(early, 1, name="mask"), t]
    return keras.Model([image, table], outputs, name="many")


def runs_in_a_bracket():
    x = inputs = keras.Input((8,))
    for _ in range(4):
        for _ in range(12):
            x = x + dense(x, 8)
        x = x + dense(layers.LayerNormalization()(x), 8)
    return keras.Model(inputs, x, name="brackets")


def long_words():
    class AnOperationWhoseNameIsFarTooLongForAnyBoxThatAnybodyWouldDraw(layers.Layer):
        def build(self, shape):
            self.one = self.add_weight()

        def call(self, x):
            return x * self.one

    class Donaudampfschifffahrtsgesellschaftskapitaenskajuetentuerschluessel(
        AnOperationWhoseNameIsFarTooLongForAnyBoxThatAnybodyWouldDraw
    ):
        pass

    x = inputs = keras.Input((4, 1000, 1000, 1000, 64))
    for kind in (
        AnOperationWhoseNameIsFarTooLongForAnyBoxThatAnybodyWouldDraw,
        Donaudampfschifffahrtsgesellschaftskapitaenskajuetentuerschluessel,
    ):
        x = layers.Add()([kind()(x), kind()(dense(x, 64, activation="relu"))])
        x = kind()(x)
    return keras.Model(inputs, x, name="a_name_that_goes_on_" * 20)


OURS = [runs_in_a_bracket, u_net, two_inputs_three_outputs, long_words]

on_one_backend = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="JAX compiles each initialiser, NASNet refuses PyTorch; graphs are the same",
)


@on_one_backend
@pytest.mark.parametrize(("name", "size"), APPLICATIONS)
def test_an_application_is_one_clear_page(name, size):
    keras.utils.clear_session(free_memory=False)
    model = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(size, size, 3)
    )
    sheet = lay_out(model)
    assert faults(sheet) == []
    # NASNet's cells read many streams: each that differs has a column of its own.
    widest, tallest = (4300, 1800) if name == "NASNetMobile" else (1200, 1200)
    wide, tall = sheet.width, sheet.height  # a message without the whole sheet
    assert wide <= widest
    assert tall <= tallest
    if values := measured(model):
        assert faults(lay_out(model, values, "the change, as a part of it")) == []


@pytest.mark.parametrize("make", OURS)
def test_a_network_of_ours_is_one_clear_page(make):
    model = make()
    assert faults(lay_out(model)) == []
    assert faults(lay_out(model, measured(model), "a measure " * 30)) == []


def test_six_hundred_units_are_one_readable_page():
    x = inputs = keras.Input((4,))
    for width in (4, 6, 8):
        x = dense(x, width)
        for _ in range(200):
            x = x + dense(layers.ReLU()(x), width)
    model = keras.Model(inputs, x)
    sheet = lay_out(model, measured(model))
    assert faults(sheet) == []
    assert sheet.width < 700
    assert sheet.height < 700
    assert len([m for m in sheet.marks if isinstance(m, Box) and m.fill]) > 600


def test_faults_are_seen():
    sheet = lay_out(two_inputs_three_outputs())
    text = next(mark for mark in sheet.marks if isinstance(mark, Text))
    low = type(text)(10, sheet.height + 5, "below")
    across = Line(((0, text.y), (200, text.y)), "wire")
    for extra in (low, text, across):
        wrong = type(sheet)(
            sheet.title, sheet.width, sheet.height, (*sheet.marks, extra)
        )
        assert faults(wrong)
