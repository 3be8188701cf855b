"""The units of keras.applications are those of the papers."""

import time
from collections import Counter

import keras
import pytest
from yardstick import yardstick

from keras_residual.graph import find_residuals

# Name, the smallest picture it takes, its units. Each count is worked out from the
# paper: a stage of n blocks has n - 1 identities where only its first changes shape.
FAMILIES = [
    ("VGG16", 32, {}),
    ("MobileNet", 32, {}),
    ("InceptionV3", 75, {}),
    # 3 + 4 + 6 + 3 bottlenecks, the first of each stage projected
    ("ResNet50", 32, {"identity": 12, "projection": 4}),
    # Keras strides in the last block of stages 1 to 3, whose shortcut is then pooled
    ("ResNet50V2", 32, {"identity": 9, "projection": 4, "pooled": 3}),
    # table 2: stages of 1, 2, 3, 4, 3, 3, 1
    ("MobileNetV2", 32, {"identity": 10}),
    # tables 1 and 2: the rows that repeat width at stride 1
    ("MobileNetV3Large", 32, {"identity": 10}),
    ("MobileNetV3Small", 32, {"identity": 6}),
    # stages of 1, 2, 2, 3, 3, 4, 1
    ("EfficientNetB0", 32, {"identity": 9}),
    # stages of 1, 2, 2, 3, 5, 8
    ("EfficientNetV2B0", 32, {"identity": 15}),
    # figure 5: entry flow 3 projections, middle flow 8, exit flow 1 projection
    ("Xception", 71, {"identity": 8, "projection": 4}),
    # 10 + 20 + 10 inception-resnet blocks, summed inside a custom layer
    ("InceptionResNetV2", 75, {"identity": 40}),
    # 3 + 3 + 9 + 3; the stage changes are plain
    ("ConvNeXtTiny", 32, {"identity": 18}),
    # 6 + 12 + 24 + 16 concatenations
    ("DenseNet121", 32, {"identity": 58}),
    # 12 normal and 4 reduction cells of 5 sums each: h + F(h) in each normal cell,
    # maxpool(h) + F(h, …) in each reduction cell, two more pools in the first
    # reduction cell, whose two inputs are still one; the rest joins equal paths
    (
        "NASNetMobile",
        32,
        {"identity": 12, "pooled": 3, "pooled_projection": 3, "undecidable": 62},
    ),
]


on_one_backend = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="JAX compiles each initialiser, NASNet refuses PyTorch; graphs are the same",
)


@on_one_backend
@pytest.mark.parametrize(("name", "size", "units"), FAMILIES)
def test_units_are_those_of_the_paper(name, size, units):
    keras.utils.clear_session(free_memory=False)
    model = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(size, size, 3)
    )
    found = find_residuals(model)
    assert Counter(unit.kind for unit in found) == units
    form = "concatenate" if name == "DenseNet121" else "add"
    assert {unit.form for unit in found} <= {form}
    assert _fastest(model) < 3 * min(yardstick() for _ in range(3))


@on_one_backend
def test_resnet50_to_the_letter():
    model = keras.applications.ResNet50(weights=None, input_shape=(32, 32, 3))
    first, second, *_ = units = find_residuals(model)
    assert first.path == "conv2_block1_add"
    assert first.entry.path == "pool1_pool"
    assert (first.form, first.kind) == ("add", "projection")
    assert [op.path for op in first.shortcut] == [
        "conv2_block1_0_conv",
        "conv2_block1_0_bn",
    ]
    assert [op.kind for op in first.branches[0]] == [
        *("conv", "norm", "act"),
        *("conv", "norm", "act"),
        *("conv", "norm"),
    ]
    assert [op.path for op in first.after] == ["conv2_block1_out"]
    assert (first.stride, first.channels) == (1, 256)
    assert second.entry.path == "conv2_block1_out"
    assert second.shortcut == ()
    assert [u.stride for u in units if u.kind == "projection"] == [1, 2, 2, 2]
    assert [u.channels for u in units if u.kind == "projection"] == [
        *(256, 512, 1024, 2048)
    ]


def _fastest(model):
    times = []
    for _ in range(3):
        start = time.process_time()
        find_residuals(model)
        times.append(time.process_time() - start)
    return min(times)
