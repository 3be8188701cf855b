"""Small networks of each family for pictures are built, saved and loaded."""

import keras
import numpy as np
import pytest
from layouts import runs_first

import keras_residual as kr
from keras_residual.compose.blocks import (
    convnext,
    convnext_v2,
    fused_mbconv,
    inverted_residual,
    mbconv,
    resnext,
    se_bottleneck,
    wide,
)
from keras_residual.compose.models.convnext import Mixer, Stages
from keras_residual.compose.models.densenet import Dense
from keras_residual.compose.models.mobile import Inverted, Shuffled
from keras_residual.compose.models.plain import Plain
from keras_residual.compose.models.resnet import Variant
from keras_residual.compose.models.unet import UNet

STAGES = ((1, 4, 1, 1, 3), (2, 6, 2, 2, 3))
SMALL = {
    "convmixer": Mixer(4, 2, 3, 4),
    "convnext": Stages(convnext, (1, 2), (4, 8)),
    "convnext_v2": Stages(convnext_v2, (1, 2), (4, 8)),
    "densenet": Dense((2, 2), growth_rate=2, stem=4),
    "fused": Inverted(fused_mbconv, STAGES, stem=4, last=8),
    "mbconv": Inverted(mbconv, STAGES, stem=4, last=8),
    "mobilenet": Inverted(inverted_residual, STAGES, stem=4, last=8),
    "mobileone": Plain((1, 2), (4, 6), branches=2),
    "repvgg": Plain((1, 2), (4, 6)),
    "resnext": Variant(resnext, (1, 1), "cifar", 12),
    "se": Variant(se_bottleneck, (1, 1), "cifar", 17),
    "shufflenet": Shuffled((4, 8, 16, 8), (1, 2, 1), stem=4),
    "unet": UNet((2, 4, 8)),
    "wide": Variant(wide, (1, 1), "cifar", 9),
}
"""One of each builder, of few filters."""


def built(name: str, shape: tuple, **parts) -> keras.Model:
    inputs = keras.Input(shape)
    return keras.Model(inputs, SMALL[name].unfold(inputs, 3, **parts))


def run(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Computes in inference; compiled on JAX, which is slow one operation a time."""
    jax = keras.backend.backend() == "jax"
    y = model.predict_on_batch(x) if jax else model(x, training=False)
    return keras.ops.convert_to_numpy(y)


def over_all(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", names or SMALL)


@over_all()
def test_a_small_network_opens_again_in_keras(name, tmp_path):
    model = built(name, (16, 16, 3))
    x = np.random.default_rng(0).normal(size=(2, 16, 16, 3)).astype("float32")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(run(again, x), run(model, x), rtol=1e-5, atol=1e-5)


@over_all()
def test_a_small_network_takes_signals_of_any_length(name):
    assert len(built(name, (None, 2)).output_shape) == (3 if name == "unet" else 2)


@over_all("densenet", "mbconv", "shufflenet", "unet")
def test_channels_first_is_the_same_network(name):
    last = built(name, (16, 16, 3))
    keras.config.set_image_data_format("channels_first")
    if not all(map(runs_first, ("Conv2D", "Conv2DTranspose"))):
        pytest.skip("this backend does not convolve so here")
    first = built(name, (3, 16, 16))
    first.set_weights(last.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 16, 16, 3)).astype("float32")
    expected, found = run(last, x), run(first, np.moveaxis(x, -1, 1))
    found = np.moveaxis(found, 1, -1) if found.ndim > 2 else found
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_rates_of_stochastic_depth_grow_along_the_network():
    model = built("mbconv", (16, 16, 3), drop_path=kr.drop_path(0.6))
    rates = [one.rate for one in model.layers if "drop_path" in one.name]
    np.testing.assert_allclose(rates, [0.2, 0.6])  # the second carries nothing


def test_a_unet_says_what_sizes_it_takes():
    with pytest.raises(kr.ResidualError, match=r"input_shape=\(32, 48, 1\)"):
        kr.models.build("unet", (31, 33, 1))


def test_names_fit_a_pattern():
    assert kr.models.names("convmixer*") == [
        "convmixer_768_32",
        "convmixer_1024_20",
        "convmixer_1536_20",
    ]
    assert kr.models.names("nothing*") == []
    assert set(kr.models.names("conv*")) < set(kr.models.names())


def test_the_activation_of_a_publication_gives_way_to_another():
    model = built("mobilenet", (16, 16, 3), activation="silu")
    assert not any("relu6" in one.name for one in model.layers)


@pytest.mark.parametrize("known", [True, False])
def test_a_padded_u_net_takes_any_size(known):
    """And computes what it does of the picture that is padded by hand."""
    level = kr.blocks.unet_level(2, kr.blocks.unet_bottom(3))
    net = kr.blocks.unet_level(2, level)
    x = np.random.default_rng(0).normal(size=(1, 7, 5, 1)).astype("float32")
    inputs = keras.Input((7, 5, 1) if known else (None, None, 1))
    model = keras.Model(inputs, kr.parts.padded(net, 4)(inputs))
    by_hand = keras.Input((8, 8, 1))
    whole = keras.Model(by_hand, net(by_hand))
    whole.set_weights(model.get_weights())
    found, expected = (
        keras.ops.convert_to_numpy(one(y))
        for one, y in (
            (model, x),
            (whole, np.pad(x, ((0, 0), (0, 1), (1, 2), (0, 0)))),
        )
    )
    np.testing.assert_allclose(found, expected[:, :7, 1:6], atol=1e-6)
