import keras
import numpy as np
import pytest

from keras_residual.train.data import ArraySource
from keras_residual.train.scaling import Normaliser

SHAPE = np.random.default_rng(0).normal(size=(500, 1))


def column(offset, deviation):
    return (offset + deviation * SHAPE).astype(np.float32)


def source(values):
    return ArraySource(values, np.zeros(len(values), np.int32))


def test_the_scale_is_that_of_each_channel():
    values = np.random.default_rng(0).normal([5, -3], [2, 0.5], (500, 7, 2))
    scale = Normaliser.of(source(values))
    assert np.allclose(scale.mean, values.mean((0, 1)), rtol=1e-12)
    assert np.allclose(scale.deviation, values.std((0, 1)), rtol=1e-12)


@pytest.mark.parametrize(
    ("offset", "deviation"),
    [
        (0, 1),
        (0, 1e-7),
        (0, 1e-13),
        (0, 1e-33),
        (0, 1e25),
        (0, 5e37),
        (1e6, 1.0),
        (-3e-30, 1e-31),
        (4e30, 1e29),
    ],
)
def test_any_scale_becomes_one_and_back_in_keras_alone(offset, deviation, tmp_path):
    values = np.concatenate([column(offset, deviation), SHAPE, column(2, 3)], 1)
    values = values.astype(np.float32)
    scale = Normaliser.of(source(values))
    inputs = keras.Input((3,))
    normal = scale.normal(inputs)
    model = keras.Model(inputs, [normal, scale.raw(normal)])
    model.save(tmp_path / "m.keras")
    found, back = keras.saving.load_model(tmp_path / "m.keras").predict_on_batch(values)
    wide = values.astype(np.float64)
    expected = (wide - wide.mean(0)) / wide.std(0)
    assert np.allclose(found, expected, atol=0.07 if offset == 1e6 else 1e-4)
    assert np.allclose(scale.normalize(values), expected, atol=1e-4)
    assert np.allclose(back, values, rtol=1e-5, atol=1e-5 * wide.std(0))


@pytest.mark.parametrize("size", [7.0, 1e-13, 1e25, 0.1])
def test_what_never_changes_counts_in_its_own_size(size):
    column = np.full((300, 1), size, np.float32)
    scale = Normaliser.of(source(column))
    assert scale.deviation == pytest.approx(column[0])
    assert np.abs(scale.normalize(2 * column) - 1).max() < 1e-6
    assert Normaliser.of(source(np.zeros((9, 1), np.float32))).deviation == 1


def test_pictures_of_bytes_have_one_ordinary_layer():
    values = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 3), dtype=np.uint8)
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, Normaliser.of(source(values)).normal(inputs))
    layer = model.layers[1]
    assert isinstance(layer, keras.layers.Normalization)
    assert len(model.operations) == 2
    assert np.allclose(np.ravel(layer.mean), values.mean((0, 1, 2)))
    assert np.allclose(np.ravel(layer.variance), values.var((0, 1, 2)))


def test_a_rare_value_of_a_table_is_seen():
    values = np.zeros((5_000, 1), np.float32)
    values[4_321] = 1e25
    assert Normaliser.of(source(values)).deviation == pytest.approx(
        values.std(dtype="f8")
    )
