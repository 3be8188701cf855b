"""The published networks have the published parameters, and are built and trained."""

import functools

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.cli.models import CATALOGUE
from keras_residual.compose.blocks.slots import weights

PUBLISHED = {  # trainable
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnet50_v2": 25_549_352,  # timm resnetv2_50
    "vit_b_16": 86_567_656,  # torchvision
    "mixer_b16": 59_880_472,  # timm mixer_b16_224
    "transformer_decoder_base": 124_439_808,  # GPT-2
}


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@functools.cache
def deepest():
    return kr.models.build("resnet1202")


@pytest.mark.parametrize("name", CATALOGUE)
def test_parameters_are_the_published_ones_and_those_of_the_catalogue(name):
    model = deepest() if name == "resnet1202" else kr.models.build(name)
    count = trainable(model)
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
