"""The published networks have the published parameters, and are built and trained."""

import re

import keras
import numpy as np
import pytest
from unallocated import unallocated

import keras_residual as kr
from keras_residual.cli.models import CATALOGUE
from keras_residual.compose.blocks.slots import weights

PUBLISHED = {  # trainable; as torchvision counts them
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "wide_resnet50_2": 68_883_240,
    "wide_resnet101_2": 126_886_696,
    "densenet121": 7_978_856,
    "densenet161": 28_681_000,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "mobilenet_v2": 3_504_872,
    "efficientnet_b0": 5_288_548,
    "efficientnet_b1": 7_794_184,
    "efficientnet_b2": 9_109_994,
    "efficientnet_b3": 12_233_232,
    "efficientnet_b4": 19_341_616,
    "efficientnet_b5": 30_389_784,
    "efficientnet_b6": 43_040_704,
    "efficientnet_b7": 66_347_960,
    "convnext_tiny": 28_589_128,
    "convnext_small": 50_223_688,
    "convnext_base": 88_591_464,
    "convnext_large": 197_767_336,
    "shufflenet_v2_x0_5": 1_366_792,
    "shufflenet_v2_x1_0": 2_278_604,
    "shufflenet_v2_x1_5": 3_503_624,
    "shufflenet_v2_x2_0": 7_393_996,
    # as timm counts them, which has convnext_v2 as convnextv2 and se_ as se
    "resnet50_v2": 25_549_352,
    "se_resnet50": 28_088_024,
    "se_resnet101": 49_326_872,
    "convnext_v2_atto": 3_708_400,
    "convnext_v2_femto": 5_233_240,
    "convnext_v2_pico": 9_066_280,
    "convnext_v2_nano": 15_623_800,
    "convnext_v2_tiny": 28_635_496,
    "convnext_v2_base": 88_717_800,
    "convnext_v2_large": 197_956_840,
    "repvgg_a0": 9_108_968,
    "repvgg_a1": 14_092_264,
    "repvgg_a2": 28_210_600,
    "repvgg_b0": 15_817_960,
    "repvgg_b1": 57_415_016,
    "mobileone_s0": 5_293_272,
    "mobileone_s1": 4_825_192,
    "mobileone_s2": 7_884_648,
    "mobileone_s3": 10_170_600,
    "convmixer_768_32": 21_110_248,
    "convmixer_1024_20": 24_383_464,
    "convmixer_1536_20": 51_625_960,
    "mixer_b16": 59_880_472,
    # as torchvision counts it
    "vit_b_16": 86_567_656,
    # as OpenAI's GPT-2 has them
    "transformer_decoder_base": 124_439_808,
}


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def wide_parameters(depth, widen, classes=10):
    """Counts the weights of Zagoruyko & Komodakis 2016, table 1."""
    count, width = 3 * 3 * 3 * 16, 16
    for filters in (16 * widen, 32 * widen, 64 * widen):
        for _ in range((depth - 4) // 6):
            count += 2 * width + 9 * width * filters
            count += 2 * filters + 9 * filters * filters
            count += width * filters if width != filters else 0
            width = filters
    return count + 2 * width + width * classes + classes


def unet_parameters(widths, colours, classes):
    """Counts the weights of Ronneberger et al. 2015, figure 1."""
    count, before = 0, colours
    for width in widths:
        count += 9 * before * width + width + 9 * width * width + width
        before = width
    for width in reversed(widths[:-1]):
        count += 4 * 2 * width * width + width
        count += 9 * 2 * width * width + width + 9 * width * width + width
    return count + widths[0] * classes + classes


def test_networks_have_the_weights_their_papers_describe():
    assert CATALOGUE["wide_resnet28_10"][0] == wide_parameters(28, 10)
    widths = [64, 128, 256, 512, 1024]
    assert CATALOGUE["unet"][0] == unet_parameters(widths, 1, 2)


def deepest():
    return unallocated("resnet1202")


@pytest.mark.parametrize("name", CATALOGUE)
def test_parameters_are_the_published_ones_and_those_of_the_catalogue(name):
    count = trainable(unallocated(name))
    assert CATALOGUE[name][0] == count == PUBLISHED.get(name, count)


def cifar_parameters(n, option_a):
    """Counts the weights of He et al. 2015, section 4.2, from its description."""
    count, width = 3 * 3 * 3 * 16 + 2 * 16, 16
    for filters in (16, 32, 64):
        for _ in range(n):
            count += 9 * width * filters + 9 * filters * filters + 4 * filters
            if width != filters and not option_a:
                count += width * filters + 2 * filters
            width = filters
    return count + 64 * 10 + 10


@pytest.mark.parametrize("n", [1, 3, 5, 7, 9, 18])
@pytest.mark.parametrize("shortcut", ["zero_pad", "auto"])
def test_cifar_networks_have_the_weights_the_paper_describes(n, shortcut):
    model = kr.models.build(f"resnet{6 * n + 2}", shortcut=shortcut)
    assert trainable(model) == cifar_parameters(n, shortcut == "zero_pad")


def test_cifar_networks_have_the_depth_their_name_says():
    for depth in (8, 20, 56):
        model = kr.models.build(f"resnet{depth}")
        weighted = keras.layers.Conv2D | keras.layers.Dense
        assert sum(isinstance(layer, weighted) for layer in model.layers) == depth


def test_the_stride_of_a_bottleneck_is_in_its_3x3():
    model = kr.models.build("resnet50", input_shape=(64, 64, 3))
    strided = model.get_layer("stage2_block1_branch_conv2")
    assert (strided.kernel_size, strided.strides) == ((3, 3), (2, 2))
    assert model.get_layer("stage2_block1_branch_conv1").strides == (1, 1)


def test_preactivation_projects_the_preactivated_tensor():
    model = kr.models.build("resnet18_v2", input_shape=(64, 64, 3))
    projection = model.get_layer("stage2_block1_shortcut_conv1")
    assert (
        projection.input is model.get_layer("stage2_block1_preactivation_relu1").output
    )
    assert not projection.use_bias


@pytest.mark.parametrize("shape", [(32, 5), (8, 8, 8, 2), (None, None, 3)])
def test_networks_take_sequences_volumes_and_unknown_sizes(shape):
    model = kr.models.build("resnet8", input_shape=shape, classes=4)
    data = np.ones([1, *[16 if size is None else size for size in shape]], "float32")
    assert tuple(model(data).shape) == (1, 4)


@pytest.mark.parametrize(
    "parts",
    [
        {"shortcut": "none"},
        {"shortcut": "pooled_projection"},
        {"norm": "group"},
        {"norm": None},
        {"activation": "gelu"},
        {"zero_init": True},
        {"drop_path": kr.drop_path(0.5)},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["resnet8", "resnet8_v2"])
def test_variants_are_parts(name, parts):
    model = kr.models.build(name, input_shape=(8, 8, 3), **parts)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    loss = model.train_on_batch(np.ones((2, 8, 8, 3)), np.array([1, 2]))
    assert np.isfinite(loss)


def test_drop_rates_grow_with_depth():
    model = kr.models.build("resnet8", drop_path=kr.drop_path(0.6))
    dropped = [layer.rate for layer in model.layers if "drop_path" in layer.name]
    np.testing.assert_allclose(dropped, [0.2, 0.4, 0.6])


def test_a_plain_twin_has_no_merge():
    layers = kr.models.build("resnet20", shortcut="none").layers
    assert not any(isinstance(layer, keras.layers.Add) for layer in layers)


def test_without_classes_there_is_no_head():
    assert kr.models.build("resnet8", classes=0).output_shape == (None, 8, 8, 64)


def test_networks_too_deep_for_keras_are_nested():
    assert len(deepest().layers) < 900
    weighted = sum(
        isinstance(inner, keras.layers.Conv2D)
        for layer in deepest().layers
        for inner in getattr(layer, "layers", [layer])
    )
    assert weighted + 1 == 1202


def test_nested_blocks_save_and_load(tmp_path):
    inputs = x = keras.Input((4, 4, 2))
    for number in range(3):
        x = kr.nest(kr.blocks.basic(2))(x, name=f"block{number}")
    model = keras.Model(inputs, x)
    model.save(tmp_path / "nested.keras")
    data = np.random.default_rng(0).normal(size=(2, 4, 4, 2)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "nested.keras")
    expected = keras.ops.convert_to_numpy(model(data))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(loaded(data)), expected)


def test_a_block_pads_strided_convolutions_on_both_sides():
    x = keras.Input((8, 8, 3))
    model = keras.Model(x, weights(4, 3, 2, norm="batch")(x))
    assert [type(layer).__name__ for layer in model.layers[1:]] == [
        "ZeroPadding2D",
        "Conv2D",
    ]


@pytest.mark.parametrize(
    ("shape", "meant"), [((32, 32), (32, 32, 1)), ((3, 32, 32), (32, 32, 3))]
)
def test_a_shape_that_looks_like_a_picture_and_is_read_as_another_is_said(shape, meant):
    with pytest.warns(UserWarning, match=re.escape(f"input_shape={meant}")) as said:
        kr.models.build("resnet8", input_shape=shape)
    assert said[0].filename == __file__
    for plain in ((32, 12), (32, 32, 3), (3, 24, 32), (None, 32), (4, 4)):
        kr.models.build("resnet8", input_shape=plain)  # and nothing is said
