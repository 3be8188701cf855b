"""Signal columns equal their formulas, on networks whose values can be written down."""

import keras
import numpy as np
import pytest
from keras import layers
from layouts import need_first

import keras_residual as kr
from keras_residual.measures import measure

from .nets import CHANNELS, chain, dense, pictures, random

SIGNAL = (
    "ratio",
    "cosine",
    "negative",
    "stream_squared_mean",
    "stream_variance",
    "branch_squared_mean",
    "branch_variance",
    "influence",
)


def expected(carried, change, merged=None):
    """The formulas, one example and one channel at a time; channels last."""
    merged = carried + change if merged is None else merged
    norm = np.linalg.norm
    pairs = [(f.ravel(), x.ravel()) for f, x in zip(change, carried, strict=True)]
    steps = list(
        zip(
            carried.reshape(-1, carried.shape[-1]),
            merged.reshape(-1, merged.shape[-1]),
            strict=True,
        )
    )

    def channels(values):
        flat = values.reshape(-1, values.shape[-1])
        columns = [flat[:, c] for c in range(flat.shape[1])]
        return np.mean([c.mean() ** 2 for c in columns]), np.mean(
            [c.var() for c in columns]
        )

    cosine = np.mean([f @ x / (norm(f) * norm(x)) for f, x in pairs])
    turned = np.mean([1 - a @ b / (norm(a) * norm(b)) for a, b in steps])
    return {
        "ratio": sum(norm(f) for f, _ in pairs) / sum(norm(x) for _, x in pairs),
        "cosine": cosine,
        "negative": np.mean(change < 0),
        "stream_squared_mean": channels(merged)[0],
        "stream_variance": channels(merged)[1],
        "branch_squared_mean": channels(change)[0],
        "branch_variance": channels(change)[1],
        "influence": turned,
    }


def agrees(table, row, values):
    for name, value in values.items():
        np.testing.assert_allclose(table[name][row], value, 1e-5, 1e-7, err_msg=name)


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
@pytest.mark.parametrize("channels_first", [False, True], ids=["last", "first"])
def test_a_unit_of_pictures(channels_first, nested):
    if channels_first:
        need_first()
    kernel, x = random(CHANNELS, CHANNELS), 0.5 + random(5, 4, 5, CHANNELS, seed=1)
    given = np.moveaxis(x, -1, 1) if channels_first else x
    model = pictures(kernel, channels_first=channels_first, nested=nested)
    table = measure(model, given, columns=SIGNAL)
    assert table.units == ("unit/add" if nested else "add",)
    assert table.examples == 5
    x = x.astype("float64")
    agrees(table, 0, expected(x, x @ kernel))


def test_two_units_and_any_batch_size():
    first, second = 0.3 * random(4, 4), 0.3 * random(4, 4, seed=1)
    x = 1 + random(7, 4, seed=2)
    whole = measure(chain(first, second, nested=True), x, columns=SIGNAL)
    parts = measure(chain(first, second), x, columns=SIGNAL, batch_size=2)
    x = x.astype("float64")
    y = x + x @ first
    for table in (whole, parts):
        agrees(table, 0, expected(x, x @ first))
        agrees(table, 1, expected(y, y @ second))


def test_a_projected_shortcut_is_the_stream_that_the_branch_is_compared_with():
    carry, change, x = random(4, 3), random(4, 3, seed=1), random(5, 4, seed=2)
    inputs = keras.Input((4,))
    branch = layers.ReLU()(dense(change)(inputs))
    model = keras.Model(inputs, layers.Add()([dense(carry)(inputs), branch]))
    table = measure(model, x, columns=SIGNAL)
    assert table.rows[0].kind == "projection"
    agrees(table, 0, expected(x @ carry, np.maximum(x @ change, 0)))
    assert table["negative"][0] == 0
    assert "non-negative" in table.verdicts()[table.units[0]]


def test_several_branches_count_as_their_sum():
    first, second, x = random(4, 4), random(4, 4, seed=1), random(5, 4, seed=2)
    inputs = keras.Input((4,))
    inner = layers.Add()([inputs, dense(first)(inputs)])
    model = keras.Model(inputs, layers.Add()([inner, dense(second)(inputs)]))
    table = measure(model, x, columns=SIGNAL)
    assert len(table.rows) == 1
    agrees(table, 0, expected(x, x @ first + x @ second))


@keras.saving.register_keras_serializable(package="test")
class HalfSum(layers.Layer):
    def call(self, inputs):
        return inputs[0] + 0.5 * inputs[1]


def test_a_custom_sum_is_compared_by_what_it_adds():
    kernel, x = random(4, 4), random(5, 4, seed=2)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, HalfSum()([inputs, dense(kernel)(inputs)]))
    agrees(measure(model, x, columns=SIGNAL), 0, expected(x, 0.5 * x @ kernel))


def test_a_concatenation_has_a_ratio_and_no_cosine():
    kernel, x = random(4, 2), random(5, 4, seed=1)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Concatenate()([inputs, dense(kernel)(inputs)]))
    table = measure(model, x, columns=SIGNAL)
    norms = [np.linalg.norm(v, axis=1).mean() for v in (x @ kernel, x)]
    np.testing.assert_allclose(table["ratio"], norms[0] / norms[1], 1e-5)
    variance = (x @ kernel).var(axis=0).mean()
    np.testing.assert_allclose(table["branch_variance"], variance, 1e-5)
    assert np.isnan([table["cosine"][0], table["influence"][0]]).all()
    assert [note.split(":")[0] for note in table.notes] == ["cosine", "influence"]


def test_an_undecidable_unit_has_a_stream_only():
    x, inputs = random(5, 4), keras.Input((4,))
    paths = [dense(random(4, 4, seed=k))(inputs) for k in (1, 2)]
    table = measure(keras.Model(inputs, layers.Add()(paths)), x, columns=SIGNAL)
    defined = {name for name in SIGNAL if not np.isnan(table[name][0])}
    assert defined == {"stream_squared_mean", "stream_variance"}


def test_a_silent_branch_is_dead_and_has_no_cosine():
    table = measure(chain(np.zeros((4, 4))), random(5, 4))
    assert table["ratio"][0] == table["influence"][0] == 0
    assert np.isnan(table["cosine"][0])
    assert table.verdicts() == {"add0": ("dead",)}


def test_a_branch_against_the_stream_is_seen():
    table = measure(chain(-0.9 * np.eye(4)), random(5, 4))
    np.testing.assert_allclose(table["cosine"], -1, 1e-6)
    assert table.verdicts() == {"add0": ("cancelling",)}


def test_the_scale_of_a_branch():
    inputs = keras.Input((4,))
    x = inputs
    for last in (
        kr.scale(-0.25),
        kr.scale(0.125, per="channel"),
        kr.scale(0.5, trainable=False),
        "relu",
    ):
        x = kr.Residual([kr.dense(4), last])(x)
    table = measure(keras.Model(inputs, x), random(3, 4), columns="scale")
    np.testing.assert_array_equal(table["scale"], [0.25, 0.125, 0.5, np.nan])
    assert table.notes == ("scale: missing for 1 unit; has no scale in its branch",)


def test_the_gate_of_a_highway():
    inputs = keras.Input((4,))
    highway = kr.Residual(kr.dense(4), merge="gate")(inputs)
    model = keras.Model(inputs, kr.Residual(kr.dense(4))(highway))
    (gate,) = (
        v
        for v in model.layers
        if "gate" in v.name or "sigmoid" in str(getattr(v, "activation", ""))
    )
    gate.set_weights([random(4, 4), random(4, seed=1)])
    x = random(5, 4, seed=2)
    opened = 1 / (1 + np.exp(-(x @ random(4, 4) + random(4, seed=1))))
    table = measure(model, x, columns="gate")
    np.testing.assert_allclose(table["gate"][0], opened.mean(), 1e-5)
    assert np.isnan(table["gate"][1])


def test_the_gate_of_squeeze_and_excitation():
    inputs = keras.Input((4, 4, 3))
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(inputs)
    kernel = random(3, 3)
    gate = layers.Activation("sigmoid")(dense(kernel)(squeezed))
    branch = layers.Multiply()([inputs, layers.Reshape((1, 1, 3))(gate)])
    model = keras.Model(inputs, layers.Add()([inputs, branch]))
    x = random(5, 4, 4, 3, seed=1)
    opened = 1 / (1 + np.exp(-(x.mean(axis=(1, 2)) @ kernel)))
    table = measure(model, x, columns="gate")
    np.testing.assert_allclose(table["gate"], opened.mean(), 1e-5)


def test_numbers_that_overflow_are_said_to():
    """Both units overflow: the second sees infinity, the first its square."""
    table = measure(chain(*[np.eye(3, dtype="float32") * 1e30] * 2), np.ones((4, 3)))
    assert np.isnan(table["ratio"][1])
    (note,) = [n for n in table.notes if n.startswith("ratio")]
    assert "too large for their dtype" in note
