"""Numbers of papers, and networks whose signal keeps its size without norms."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.compose.operations.normalizer_free import GAINS


@pytest.mark.parametrize(
    ("depth", "first"), [(12, 0.1), (18, 0.1), (24, 1e-5), (36, 1e-6), (48, 1e-6)]
)
def test_layer_scale_starts_as_cait_does(depth, first):
    assert kr.parts.layer_scale_init(depth) == first


def test_deepnorm_has_the_numbers_of_its_paper():
    """Weights are multiplied with beta; to divide by it would be the inverse."""
    alone = kr.parts.deepnorm_numbers(encoder=18)
    assert alone[0] == pytest.approx((36**0.25, 144**-0.25))
    assert alone[1] is None
    assert kr.parts.deepnorm_numbers(decoder=18)[1] == pytest.approx(alone[0])
    encoder, decoder = kr.parts.deepnorm_numbers(encoder=6, decoder=4)
    both = (6**4 * 4) ** 0.0625
    assert encoder == pytest.approx((0.81 * both, 0.87 / both))
    assert decoder == pytest.approx((12**0.25, 48**-0.25))
    assert encoder.beta == pytest.approx(1.15**-1 / both * 1.0005, rel=1e-3)
    assert kr.parts.deepnorm_numbers() == (None, None)


def test_scales_of_stages_begin_again_behind_their_first_block():
    found = kr.parts.nf_scales([3, 2], alpha=0.5)
    grown = [1.0, 1.25, 1.5, 1.75, 1.25]
    np.testing.assert_allclose(np.square(found), grown)


@pytest.mark.parametrize("function", sorted(GAINS))
def test_gains_give_variance_one(function):
    """The integral over a normal, by 400001 points; published to 1e-3 by sampling."""
    x = np.linspace(-12, 12, 400_001).astype("float32")
    weights = np.exp(-(x.astype("float64") ** 2) / 2)
    y = keras.ops.convert_to_numpy(keras.activations.get(function)(x))
    mean = np.average(y, weights=weights)
    variance = np.average((y - mean) ** 2, weights=weights)
    assert GAINS[function] ** 2 * variance == pytest.approx(1.0, abs=5e-3)


def spread(model: keras.Model, x: np.ndarray) -> list[float]:
    """Returns the variance of the stream behind each block."""
    ends = [layer.output for layer in model.layers if layer.name.endswith("merge_add1")]
    seen = keras.Model(model.input, ends)(x)
    return [float(keras.ops.convert_to_numpy(y).var((0, 1, 2)).mean()) for y in seen]


def test_signal_grows_as_said_and_begins_again_at_each_stage():
    """The signal propagation plot of Brock et al. 2021, figure 1, in small."""
    stages, alpha = [4, 4], 0.5
    keras.utils.set_random_seed(1)
    inputs = x = keras.Input((8, 8, 32))
    scales = iter(kr.parts.nf_scales(stages, alpha))
    for stage, blocks in enumerate(stages):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            how = {"stride": stride, "alpha": alpha, "gain": 1.0}
            x = kr.blocks.nf(8 * (1 + stage), beta=next(scales), **how)(x)
    data = np.random.default_rng(0).normal(size=(32, 8, 8, 32)).astype("float32")
    found = spread(keras.Model(inputs, x), data)
    expected = [1 + alpha**2 * (n + 1) for n in range(4)] * 2
    np.testing.assert_allclose(found, expected, rtol=0.3)
    plain = 2.0 ** np.arange(1, 9)  # without either, each block doubles it
    assert found[-1] < plain[-1] / 50


def test_kernel_does_not_depend_on_the_mean_and_the_size_of_its_weights():
    layer = kr.layers.StandardizedConv(4, 3)
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 2)).astype("float32")
    before = keras.ops.convert_to_numpy(layer(x))
    layer.kernel.assign(3.0 * layer.kernel + 0.5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), before, atol=1e-4)
