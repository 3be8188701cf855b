"""Networks of steps and patches: what they read, what they refuse, that they save."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from layouts import runs_first

import keras_residual as kr
from keras_residual.compose.models.patches import VARIANTS

IMAGE = (8, 12, 3)
SMALL = {
    "vit": replace(VARIANTS["vit_b_16"], size=4, width=8, depth=1, heads=2),
    "mixer": replace(VARIANTS["mixer_b16"], size=4, width=8, depth=1, heads=3),
}


def small(name: str, shape: tuple[int, ...] = IMAGE) -> keras.Model:
    keras.utils.set_random_seed(6)
    x = keras.Input(shape, name="inputs")
    return keras.Model(x, SMALL[name].unfold(x, 5))


def run(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x, training=False))


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=shape).astype("float32")


@pytest.mark.parametrize("name", SMALL)
def test_networks_of_patches_save_and_compute_alike_in_both_formats(name, tmp_path):
    model, x = small(name), drawn(2, *IMAGE)
    expected = run(model, x)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(run(again, x), expected)
    keras.config.set_image_data_format("channels_first")
    if not runs_first("Conv2D"):
        with pytest.raises(kr.ResidualError, match="cannot be run here"):
            small(name, (3, 8, 12))
        return
    first = small(name, (3, 8, 12))
    first.set_weights(model.get_weights())
    np.testing.assert_allclose(run(first, np.moveaxis(x, -1, 1)), expected, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_patches_of_other_places_are_told_apart(name):
    """ViT by its positions, and a mixer by the rows of its matrix."""
    model, x = small(name), drawn(1, *IMAGE)
    for weight in model.weights:
        if weight.name == "positions":
            weight.assign(weight * 50)
    other = np.concatenate([x[:, :, 4:], x[:, :, :4]], axis=2)
    assert np.abs(run(model, other) - run(model, x)).max() > 1e-3


@pytest.mark.parametrize("name", SMALL)
def test_each_branch_is_a_unit_and_no_rule_is_broken(name):
    model = small(name)
    assert len(kr.find_residuals(model)) == 2
    assert {found.code for found in kr.check(model)} == set()


@pytest.mark.parametrize("shape", [(8, 10, 3), (None, None, 3)])
def test_what_patches_do_not_cut_up_is_refused(shape):
    with pytest.raises(kr.ResidualError, match="patches of 4 do not cut up"):
        small("vit", shape)


def test_an_encoder_tells_steps_apart_and_counts_them():
    model = kr.models.build("transformer_encoder_tiny", (6, 4), 3)
    x = drawn(1, 6, 4)
    for weight in model.weights:
        if weight.name == "positions":
            weight.assign(weight * 50)
    assert np.abs(run(model, x[:, ::-1]) - run(model, x)).max() > 1e-3
    with pytest.raises(kr.ResidualError, match="steps of a tensor"):
        kr.models.build("transformer_encoder_tiny", (None, 4), 3)


def test_a_decoder_reads_tokens_and_no_later_one(tmp_path):
    keras.utils.set_random_seed(8)
    model = kr.models.build("transformer_decoder_tiny", (6,), 30)
    assert model.inputs[0].dtype == "int32"
    embedding = model.get_layer("stem_tokens")
    assert [w.shape for w in model.weights if 30 in w.shape] == [
        (30, 128)
    ]  # one matrix
    assert len(embedding.weights) == 1
    x = np.array([[3, 1, 4, 1, 5, 9]], "int32")
    before, after = run(model, x), run(model, x * [1, 1, 1, 1, 2, 1])
    np.testing.assert_allclose(after[:, :4], before[:, :4], atol=1e-5)
    assert np.abs(after[:, 4:] - before[:, 4:]).max() > 1e-3
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(run(again, x), before)
    keras.config.set_image_data_format("channels_first")
    first = kr.models.build("transformer_decoder_tiny", (6,), 30)
    first.set_weights(model.get_weights())
    np.testing.assert_allclose(run(first, x), before, atol=1e-5)


def test_a_temporal_network_reads_its_last_step_which_has_seen_all():
    model = kr.models.build("tcn", (20, 2), 3)
    for weight in model.weights:
        if weight.name == "scale":
            weight.assign(np.ones(weight.shape))
    x = drawn(1, 20, 2)
    moved = x.copy()
    moved[:, 0] += 5
    assert np.abs(run(model, moved) - run(model, x)).max() > 1e-6
    dilations = [
        la.layer.dilation_rate[0]
        for la in model.layers
        if isinstance(la, kr.layers.WeightNorm)
    ]
    assert dilations == sorted(2 * [2**level for level in range(8)])


def inception_parameters(filters=32, depth=6, classes=2):
    """Counts the weights of Fawaz et al. 2019, section 3, from its description."""
    count, width, source = 0, 1, 1
    for module in range(depth):
        narrow = 32 if width > 1 else width
        count += width * 32 if width > 1 else 0
        count += filters * (narrow * (40 + 20 + 10) + width) + 2 * 4 * filters
        width = 4 * filters
        if module % 3 == 2:
            count += source * width + 2 * width
            source = width
    return count + width * classes + classes


def series_parameters(classes=2):
    """Counts those of Wang et al. 2016, section 2.3, without biases before norms."""
    count, width = 0, 1
    for filters in (64, 128, 128):
        count += filters * (8 * width + 5 * filters + 3 * filters) + 3 * 2 * filters
        count += width * filters * (width != filters) + 2 * filters
        width = filters
    return count + width * classes + classes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("inception_time", inception_parameters),
        ("time_series_resnet", series_parameters),
    ],
)
def test_time_series_networks_have_the_weights_their_papers_describe(name, expected):
    model = kr.models.build(name)
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert count == expected()
