"""Networks of steps and patches: what they read, what they refuse, that they save."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from layouts import runs_first
from unallocated import unallocated

import keras_residual as kr
from keras_residual.compose.models.patches import VARIANTS
from keras_residual.compose.models.wavenet import VARIANTS as WAVENETS

from .reference_sequences import causal

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


def wavenet_parameters(width=32, skips=256, layers=30, levels=256):
    """Counts the weights of van den Oord et al. 2016, equation 2 and figure 4."""
    stem = 2 * levels * width + width  # a causal convolution of one-hot levels
    gates = 2 * (2 * width * width + width)  # W_f and W_g, two steps each
    onward, skip = width * width + width, width * skips + skips
    head = skips * skips + skips + skips * levels + levels
    # The last layer's own sum would be read by nobody.
    return stem + layers * (gates + skip) + (layers - 1) * onward + head


def small_wavenet(levels=6):
    keras.utils.set_random_seed(6)
    x = keras.Input((12,), dtype="int32", name="inputs")
    variant = replace(WAVENETS["wavenet"], width=3, skip_width=5, cycles=1, longest=4)
    return keras.Model(x, variant.unfold(x, levels))


def test_a_wavenet_is_the_sum_of_its_skips_with_two_layers_behind(tmp_path):
    model = small_wavenet()
    x = np.random.default_rng(2).integers(0, 6, (2, 12))

    def own(name):
        weights = model.get_layer(name).weights
        return {
            w.name: keras.ops.convert_to_numpy(w.value).astype("float64")
            for w in weights
        }

    def relu_1x1(x, name):
        c = own(name)
        return np.maximum(x, 0) @ c["kernel"][0] + c["bias"]

    h, total = causal(np.eye(6)[x], rate=1, **own("stem_conv1")), 0.0
    for at, rate in enumerate((1, 2, 4), 1):
        name = f"stage1_layer{at}"
        a, b = (
            causal(h, rate=rate, **own(f"{name}_branch_parallel1_path{path}_conv1"))
            for path in (1, 2)
        )
        z = np.tanh(a) / (1 + np.exp(-b))
        c = own(f"{name}_skip_conv1")
        total = total + z @ c["kernel"][0] + c["bias"]
        if at < 3:
            c = own(f"{name}_branch_conv1")
            h = h + z @ c["kernel"][0] + c["bias"]
    expected = relu_1x1(relu_1x1(total, "head_conv1"), "head_conv2")
    np.testing.assert_allclose(run(model, x), expected, atol=1e-5)
    units = kr.find_residuals(model)
    assert [unit.kind for unit in units if unit.form == "add"][:2] == ["identity"] * 2
    assert {found.code for found in kr.check(model)} == set()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(run(again, x), run(model, x))


def test_a_wavenet_sees_nine_steps_and_no_later_one():
    model, x = small_wavenet(), np.zeros((1, 12), "int32")
    before = run(model, x)
    x[0, 2] = 1
    moved = np.abs(run(model, x) - before).max((0, 2)) > 1e-7
    # 1 + 1 (the stem) + 1 + 2 + 4 steps
    assert moved.tolist() == [2 <= step < 2 + 9 for step in range(12)]


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
        ("wavenet", wavenet_parameters),
    ],
)
def test_time_series_networks_have_the_weights_their_papers_describe(name, expected):
    model = unallocated(name)
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert count == expected()
