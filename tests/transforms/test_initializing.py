"""Initial values of whole networks, against the deviations their papers publish."""

import keras
import numpy as np
import pytest

import keras_residual as kr


def numbers(weight) -> np.ndarray:
    return keras.ops.convert_to_numpy(weight.value).astype("float64")


def found(model: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: numbers(weight) for weight in model.trainable_weights}


def deep(depth: int, width: int = 32, layers: int = 2) -> keras.Model:
    """A network of sums without norms, with layers before and behind them."""
    x = keras.Input((width,))
    stem = keras.layers.Dense(width, name="stem")(x)
    branch = [kr.dense(width), *["relu", kr.dense(width)] * (layers - 1)]
    y = kr.connect(stem, [branch] * depth, name="net")
    return keras.Model(x, keras.layers.Dense(10, name="classifier")(y))


def transformer(layers: int, **options) -> keras.Model:
    x = keras.Input((6,), dtype="int32")
    y = keras.layers.Embedding(500, 64, name="embedding")(x)
    for number in range(1, layers + 1):
        block = kr.blocks.transformer(4, 128, **options)
        y = block(y, name=f"layer{number}")
    return keras.Model(x, keras.layers.Dense(5, name="head")(y))


def close(sample: np.ndarray, deviation: float) -> bool:
    """Five standard errors of the deviation of so many normal numbers."""
    away = 5 / np.sqrt(2 * sample.size)
    return abs(sample.std() / deviation - 1) < away


@pytest.mark.parametrize("layers", [2, 3])
def test_fixup_is_the_papers(layers):
    """Zhang et al. 2019: He times L^(-1 / (2m - 2)); zeros at the ends."""
    model, depth, width = deep(6, layers=layers), 6, 32
    model.get_layer("stem").bias.assign(np.ones(width))
    told = kr.initialize(model, "fixup", seed=1)
    values = found(model)
    assert close(values["stem/kernel"], np.sqrt(2 / width))
    assert not values["classifier/kernel"].any()
    assert not any(value.any() for path, value in values.items() if "bias" in path)
    inside = np.sqrt(2 / width) * {2: depth**-0.5, 3: depth**-0.25}[layers]
    for at in range(1, depth + 1):
        for layer in range(1, layers):
            kernel = values[f"net_branch{at}_dense{layer}/kernel"]
            assert close(kernel, inside)
        assert not values[f"net_branch{at}_dense{layers}/kernel"].any()
    assert {one.weight for one in told} == set(values)
    drawn = next(one for one in told if one.role == "in a branch")
    assert drawn.deviation == pytest.approx(inside)


def test_fixup_keeps_the_scale_of_a_hundred_branches():
    x = np.random.default_rng(0).normal(size=(8, 32)).astype("float32")
    model = deep(100)
    end = keras.Model(model.input, model.get_layer("classifier").input)
    for layer in model.layers:  # as He et al. start it, each sum doubles the variance
        if isinstance(layer, keras.layers.Dense):
            start = keras.initializers.HeNormal(seed=1)
            layer.kernel.assign(start(layer.kernel.shape))
    assert np.abs(keras.ops.convert_to_numpy(end(x))).max() > 1e10
    kr.initialize(model, seed=1)
    stem = keras.Model(model.input, model.get_layer("stem").output)
    before, after = map(keras.ops.convert_to_numpy, (stem(x), end(x)))
    np.testing.assert_array_equal(before, after)


def test_fixup_sets_factors_to_one():
    """A factor of zero behind a kernel of zeros would never learn."""
    x = keras.Input((6, 6, 4))
    branch = [kr.conv(4), "relu", kr.conv(4), kr.scale(0.0)]
    model = keras.Model(x, kr.connect(x, [branch] * 2, name="net"))
    kr.initialize(model)
    values = found(model)
    assert [v for path, v in values.items() if "scale" in path] == [1.0, 1.0]
    assert close(values["net_branch1_conv1/kernel"], np.sqrt(2 / 36 / 2))


@pytest.mark.parametrize(
    ("how", "options", "inside", "embedded"),
    [
        ("t_fixup", {"norm": None}, 0.67 * 3**-0.25, 27**-0.25),
        ("deepnorm", {"placement": "deepnorm", "depth": 3}, 24**-0.25, 1.0),
    ],
)
def test_transformers_start_as_the_papers(how, options, inside, embedded):
    """Huang et al. 2020, section 3.2; Wang et al. 2022, figure 2."""
    model, width, hidden = transformer(3, **options), 64, 128
    kr.initialize(model, how, seed=1)
    values = found(model)
    assert close(values["embedding/embeddings"], embedded / np.sqrt(width))
    assert close(values["head/kernel"], np.sqrt(2 / (width + 5)))
    square, wide = np.sqrt(1 / width), np.sqrt(2 / (width + hidden))
    expected = {
        "query/kernel": square,
        "key/kernel": square,
        "value/kernel": square * inside,
        "attention_output/kernel": square * inside,
        "dense1/kernel": wide * inside,
        "dense2/kernel": wide * inside,
    }
    for end, deviation in expected.items():
        kernels = [v for p, v in values.items() if p.endswith(end) and "layer" in p]
        assert len(kernels) == 3
        assert all(close(kernel, deviation) for kernel in kernels)


@pytest.mark.parametrize(
    "branch",
    [
        [kr.norm("layer"), kr.dense(8)],
        [kr.parts.attention(2)],  # all its kernels at zero would never learn
        [keras.layers.LSTM(8, return_sequences=True)],
        [kr.parallel([kr.dense(8), kr.dense(8)]), kr.Residual(kr.dense(8))],
    ],
    ids=["norm", "attention", "recurrent", "nested"],
)
def test_fixup_refuses_what_is_not_its(branch):
    x = keras.Input((5, 8))
    with pytest.raises(kr.ResidualError, match="does not know this network"):
        kr.initialize(keras.Model(x, kr.Residual(branch)(x)))


def test_a_seed_makes_it_the_same():
    model = deep(2)
    kr.initialize(model, seed=3)
    first = found(model)
    kr.initialize(model, seed=3)
    for path, value in found(model).items():
        np.testing.assert_array_equal(value, first[path])
    drawn = [first[f"net_branch{at}_dense1/kernel"] for at in (1, 2)]
    assert np.abs(np.subtract(*drawn)).max() > 0.1


def test_what_a_recipe_does_not_know_is_left_as_it_was():
    plain = transformer(2)
    before = found(plain)
    for how in ("fixup", "t_fixup", "deepnorm"):
        with pytest.raises(kr.ResidualError, match="does not know this network"):
            kr.initialize(plain, how)
    with pytest.raises(kr.ResidualError, match=r"for 2 layers it is 1\.414"):
        kr.initialize(transformer(2, placement="deepnorm", depth=8), "deepnorm")
    for path, value in found(plain).items():
        np.testing.assert_array_equal(value, before[path])
