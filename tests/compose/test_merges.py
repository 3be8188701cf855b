"""Merges that draw, learn shares or are steered: what their equations do not hold."""

import keras
import numpy as np
import pytest
from gradients import gradients

import keras_residual as kr

SAMPLES = 4000


def passes(part, samples: int = SAMPLES) -> tuple[np.ndarray, np.ndarray]:
    """Returns what a part of one number counts forward, and in the gradient."""
    inputs = keras.Input((1,))
    model = keras.Model(inputs, part(inputs))
    x = np.ones((samples, 1), "float32")
    y, slopes = gradients(model, x, x, training=True)
    return y.ravel(), slopes[0].ravel()


def shaken(**how):
    """`a x - (1 - a) x` of x = 1 is `2 a - 1`."""
    signs = [kr.scale(sign, trainable=False) for sign in (1.0, -1.0)]
    return kr.parallel(signs, kr.merges.shake_shake(seed=1, **how))


def near(values: np.ndarray, mean: float) -> bool:
    """Says whether a mean is what it should be, within three standard errors."""
    return abs(values.mean() - mean) <= 3 * values.std() / len(values) ** 0.5


@pytest.mark.parametrize("forward", ["shake", "even"])
@pytest.mark.parametrize("backward", ["shake", "keep", "even"])
def test_shares_forward_and_backward_are_those_stated(forward, backward):
    """Of two draws that were one, both would be equal; of none, both would be even."""
    found = passes(shaken(forward=forward, backward=backward))
    a, b = ((each + 1) / 2 for each in found)
    for share, how in ((a, forward), (b, backward if backward != "keep" else forward)):
        if how == "even":
            np.testing.assert_allclose(share, 0.5, atol=1e-6)
        else:
            assert share.min() >= 0
            assert share.max() <= 1
            assert near(share, 1 / 2)
            assert near((share - 0.5) ** 2, 1 / 12), "drawn evenly from 0 to 1"
    if backward == "keep":
        np.testing.assert_allclose(a, b, atol=1e-6)
    elif (forward, backward) == ("shake", "shake"):
        assert near((a - 0.5) * (b - 0.5), 0), "each is drawn for itself"


def test_shares_of_a_batch_are_one():
    a, b = passes(shaken(per="batch"), 8)
    assert len({*a.round(5)}) == len({*b.round(5)}) == 1
    assert abs(a[0] - b[0]) > 1e-3


def test_shake_drop_counts_forward_and_backward_as_stated():
    a, b = passes(kr.parts.shake_drop(0.25, gate_per="sample", seed=3))
    kept = (a == 1) & (b == 1)
    assert near(kept, 0.75)
    a, b = a[~kept], b[~kept]
    assert near(a, 0)
    assert near(a**2, 1 / 3), "drawn evenly from -1 to 1"
    assert near(b, 1 / 2)
    assert near((b - 0.5) ** 2, 1 / 12), "drawn evenly from 0 to 1"
    assert near(a * (b - 0.5), 0), "each is drawn for itself"


def test_shake_drop_of_a_batch_shakes_all_or_none():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, kr.parts.shake_drop(0.5, seed=2)(inputs))
    x = np.ones((6, 1), "float32")
    counts = [keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(30)]
    whole = [bool((y == 1).all()) for y in counts]
    assert whole == [bool((y == 1).any()) for y in counts]
    assert 5 < sum(whole) < 25
    shaken_ones = [y for y, kept in zip(counts, whole, strict=True) if not kept]
    assert all(len(np.unique(y)) == 6 for y in shaken_ones), "each sample by its own"


@pytest.mark.parametrize("limits", [(-1.0, 1.0), (0.5, 1.5), (1.0, 1.0)])
def test_shake_drop_is_worth_in_inference_what_it_is_on_average(limits):
    part = kr.parts.shake_drop(0.4, alpha=limits, gate_per="sample", seed=1)
    inputs = keras.Input((1,))
    model = keras.Model(inputs, part(inputs))
    x = np.ones((SAMPLES, 1), "float32")
    drawn, fixed = (
        keras.ops.convert_to_numpy(model(x, training=mode)) for mode in (True, False)
    )
    assert abs(drawn.mean() - fixed[0, 0]) <= 3 * drawn.std() / SAMPLES**0.5 + 1e-6


def test_fusion_starts_with_equal_shares_and_takes_any_number():
    paths = [kr.scale(float(n), trainable=False) for n in (1, 2, 3)]
    inputs = keras.Input((1,))
    model = keras.Model(inputs, kr.parallel(paths, "fusion")(inputs))
    y = keras.ops.convert_to_numpy(model(np.ones((1, 1), "float32")))
    np.testing.assert_allclose(y, (1 + 2 + 3) / (3 + 1e-4), rtol=1e-6)


def test_fusion_has_no_negative_share():
    layer = kr.layers.Fusion()
    x = np.ones((1, 1), "float32")
    layer([x, x])
    layer.shares.assign([-2.0, 1.0])
    y = keras.ops.convert_to_numpy(layer([100 * x, x]))
    np.testing.assert_allclose(y, 1 / (1 + 1e-4), rtol=1e-6)


def test_shares_stay_in_float32():
    """Half precision has no number between 1 and 1.001, and loses 1e-4 beside 2."""
    layer = kr.layers.Fusion(dtype="mixed_float16")
    x = np.ones((1, 1), "float16")
    assert keras.backend.standardize_dtype(layer([x, x]).dtype) == "float16"
    assert layer.shares.dtype == "float32"
    layer.shares.assign([1.0, 1e-5])
    y = layer([np.zeros((1, 1), "float16"), np.full((1, 1), 1e3, "float16")])
    y = keras.ops.convert_to_numpy(y).astype("float32")
    np.testing.assert_allclose(y, 1e-2 / 1.00011, rtol=2e-3)


def test_gru_gate_starts_nearly_closed():
    """With kernels of zero, z is sigmoid(-2) and h is 0: 0.88 of the input is left."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, kr.Residual(kr.dense(4), merge="gru_gate")(inputs))
    for layer in model.layers:
        if "_merge_dense" in layer.name:
            layer.kernel.assign(np.zeros((4, 4)))
    y = keras.ops.convert_to_numpy(model(np.ones((1, 4), "float32")))
    np.testing.assert_allclose(y, 0.8808, atol=1e-4)


def test_adaln_zero_takes_a_tensor_and_is_alive_after_one_step():
    x, time = keras.Input((6, 4)), keras.Input((3,))
    model = keras.Model([x, time], kr.Residual(kr.parts.adaln_zero("gelu", time))(x))
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(5, *shape)).astype("float32") for shape in ((6, 4), (3,))]
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(data)), data[0])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    for _ in range(2):
        model.train_on_batch(data, rng.normal(size=(5, 6, 4)).astype("float32"))
    moved = [np.abs(w).max() > 0 for w in model.get_weights()]
    assert all(moved), "gate first, then scale and shift"
