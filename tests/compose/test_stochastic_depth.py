"""Stochastic depth: what is drawn, what it is worth on average, and that it trains."""

import keras
import numpy as np
import pytest

import keras_residual as kr

RATE, SAMPLES, CALLS = 0.25, 2000, 300
PER = ("sample", "batch")
# Value of an element that is kept in training, and of every element in inference.
KEPT = {"inverted": 1 / (1 - RATE), "paper": 1.0, "none": 1.0}
INFERENCE = {"inverted": 1.0, "paper": 1 - RATE, "none": 1.0}


def dropping(rate: float = RATE, **how) -> keras.Model:
    x = keras.Input((2, 3))
    return keras.Model(x, kr.drop_path(rate, **how)(x))


def ones(model: keras.Model, batch: int, training: bool = True) -> np.ndarray:
    x = np.ones((batch, 2, 3), "float32")
    return keras.ops.convert_to_numpy(model(x, training=training))


def draws(rescale: str, per: str) -> np.ndarray:
    """Returns what each draw left: one number a draw, all elements being equal."""
    model = dropping(rescale=rescale, per=per, seed=1)
    if per == "sample":
        y = ones(model, SAMPLES)
    else:
        y = np.stack([ones(model, 2) for _ in range(CALLS)])
    y = y.reshape(len(y), -1)
    assert (y == y[:, :1]).all(), "a draw is for all elements"
    return y[:, 0]


@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("rescale", KEPT)
def test_draws_keep_the_stated_share_at_the_stated_value(rescale, per):
    y = draws(rescale, per)
    kept = y != 0
    deviation = (RATE * (1 - RATE) / len(y)) ** 0.5
    assert abs(kept.mean() - (1 - RATE)) < 4 * deviation
    np.testing.assert_allclose(y[kept], KEPT[rescale], rtol=1e-6)


@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("rescale", KEPT)
def test_inference_is_fixed_and_stated(rescale, per):
    y = ones(dropping(rescale=rescale, per=per), 5, training=False)
    np.testing.assert_allclose(y, INFERENCE[rescale], rtol=1e-6)


@pytest.mark.parametrize("rescale", ["inverted", "paper"])
def test_training_is_worth_the_same_as_inference_on_average(rescale):
    y, expected = draws(rescale, "sample"), INFERENCE[rescale]
    assert abs(y.mean() - expected) < 4 * y.std() / len(y) ** 0.5
    assert 0.9 * expected < y.mean()


def test_without_rescaling_inference_is_larger_than_training():
    y = draws("none", "sample")
    assert y.mean() < 1 - RATE / 2
    assert INFERENCE["none"] == 1.0


@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("rescale", KEPT)
def test_equal_seeds_draw_equally(rescale, per):
    def drawn(seed: int) -> np.ndarray:
        model = dropping(rescale=rescale, per=per, seed=seed)
        return np.stack([ones(model, 8) for _ in range(12)])

    first = drawn(5)
    np.testing.assert_array_equal(first, drawn(5))
    assert (first != drawn(6)).any()
    assert (first[0] != first[1:]).any(), "each call draws anew"


@pytest.mark.parametrize("rescale", KEPT)
def test_rate_one_drops_all_and_rate_zero_adds_no_layer(rescale):
    assert (ones(dropping(1.0, rescale=rescale), 8) == 0).all()
    assert len(dropping(0, rescale=rescale).layers) == 1


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("(l+1)/L", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("l/(L-1)", [0.0, 0.125, 0.25, 0.375, 0.5]),
        ("l/L", [0.0, 0.1, 0.2, 0.3, 0.4]),
        ("1", [0.5, 0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_schedules_are_those_of_the_papers(schedule, rates):
    assert kr.parts.drop_rates(0.5, 5, schedule) == pytest.approx(rates)


@pytest.mark.parametrize(
    ("schedule", "rate"), [("(l+1)/L", 0.5), ("l/(L-1)", 0.0), ("l/L", 0.0), ("1", 0.5)]
)
def test_one_block_has_a_rate_too(schedule, rate):
    assert kr.parts.drop_rates(0.5, 1, schedule) == [rate]


def test_rates_of_a_network_grow_with_depth():
    model = kr.models.build("resnet8", (8, 8, 3), 2, drop_path=kr.drop_path(0.3))
    rates = [x.rate for x in model.layers if isinstance(x, keras.layers.Dropout)]
    assert rates == pytest.approx([0.1, 0.2, 0.3])


def test_blocks_of_a_network_draw_for_themselves():
    """One seed makes a network repeatable; its blocks do not all drop together."""
    part = kr.drop_path(0.5, seed=1)
    model = kr.models.build("resnet20", (8, 8, 3), 2, drop_path=part)
    layers = [x for x in model.layers if isinstance(x, keras.layers.Dropout)]
    seeds = [tuple(np.asarray(x.seed_generator.state.value)) for x in layers]
    assert len(set(seeds)) == len(layers) == 9


@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("rescale", KEPT)
def test_it_trains(rescale, per):
    part = kr.drop_path(0.5, rescale=rescale, per=per, seed=1)
    inputs = keras.Input((4, 4, 2))
    outputs = kr.Residual([kr.conv(2), part])(inputs)
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    x = np.random.default_rng(0).normal(size=(8, 4, 4, 2)).astype("float32")
    history = model.fit(x, -x, batch_size=4, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert (model.get_weights()[0] != before).any()
