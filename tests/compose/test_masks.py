"""No mask is lost: a block hands on the mask of its input, flat or nested."""

import keras
import numpy as np
import pytest

import keras_residual as kr


def masked(block):
    tokens = keras.Input((10,), dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(tokens)
    y = block(x)
    mean = keras.layers.GlobalAveragePooling1D()(y)
    model = keras.Model(tokens, [y, mean])
    return model, np.array([[1, 2, 3, 1, 2, 0, 0, 0, 0, 0]], "int32")


MASKED = [
    pytest.param(kr.Residual(kr.dense(4)), slice(5), id="kept by the branch"),
    pytest.param(kr.Residual(kr.conv(4)), slice(5), id="lost by the branch"),
    pytest.param(kr.Residual(kr.conv(8)), slice(5), id="lost by both paths"),
    pytest.param(kr.Residual(kr.conv(8, stride=2)), slice(3), id="strided"),
    pytest.param(
        kr.Residual(kr.conv(4, padding="valid"), "crop"), slice(4), id="cropped"
    ),
]


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("wrap", [lambda block: block, kr.nest], ids=["flat", "nested"])
@pytest.mark.parametrize(("block", "steps"), MASKED)
def test_the_mask_is_kept(block, steps, wrap):
    model, tokens = masked(wrap(block))
    y, mean = map(keras.ops.convert_to_numpy, model(tokens))
    np.testing.assert_allclose(mean, y[:, steps].mean(axis=1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("wrap", [lambda block: block, kr.nest], ids=["flat", "nested"])
def test_attention_over_channels_and_places_sees_no_padding(wrap):
    """What is masked is larger than all else, and beside what is not."""

    def network(steps: int) -> keras.Model:
        inputs = keras.Input((steps, 4))
        x = keras.layers.Masking(9.0)(inputs)
        return keras.Model(inputs, wrap(kr.parts.cbam(2, kernel_size=3))(x))

    x = np.random.default_rng(0).normal(size=(2, 7, 4)).astype("float32")
    x[:, 4:] = 9.0
    long, short = network(7), network(4)
    short.set_weights(long.get_weights())
    found, expected = (
        keras.ops.convert_to_numpy(net(y)) for net, y in ((long, x), (short, x[:, :4]))
    )
    np.testing.assert_allclose(found[:, :4], expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_a_nested_block_hands_the_mask_to_what_reads_it():
    recurrent = keras.layers.LSTM(4, return_sequences=True)
    model, tokens = masked(kr.nest(kr.Residual([kr.conv(4), recurrent])))
    flat, _ = masked(kr.Residual([kr.conv(4), recurrent]))
    flat.set_weights(model.get_weights())
    for found, expected in zip(model(tokens), flat(tokens), strict=True):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (found, expected)))


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("depth", [1, 2])
def test_the_mask_is_kept_behind_nested_models(depth):
    inner = keras.Input((10, 4))
    before = keras.Model(inner, keras.layers.Dense(4)(inner))
    for _ in range(depth - 1):
        inner = keras.Input((10, 4))
        before = keras.Model(inner, before(inner))
    model, tokens = masked(lambda x: kr.Residual(kr.conv(4))(before(x)))
    y, mean = map(keras.ops.convert_to_numpy, model(tokens))
    np.testing.assert_allclose(mean, y[:, :5].mean(axis=1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_no_mask_is_invented_behind_a_model_that_loses_it():
    inner = keras.Input((10, 4))
    before = keras.Model(inner, keras.layers.Conv1D(4, 3, padding="same")(inner))
    model, tokens = masked(lambda x: kr.Residual(kr.conv(4))(before(x)))
    assert not [la for la in model.layers if isinstance(la, kr.layers.KeepMask)]
    y, mean = map(keras.ops.convert_to_numpy, model(tokens))
    np.testing.assert_allclose(mean, y.mean(axis=1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_a_path_without_steps_has_no_mask_to_keep():
    tokens = keras.Input((10,), dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(tokens)
    last = kr.Residual(keras.layers.LSTM(3), kr.pool("global_average"), "concatenate")
    assert last(x).shape == (None, 7)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("wrap", [lambda block: block, kr.nest], ids=["flat", "nested"])
def test_a_kept_mask_survives_saving(wrap, tmp_path):
    model, tokens = masked(wrap(kr.Residual(kr.conv(4, padding="valid"), "crop")))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    expected, found = (
        keras.ops.convert_to_numpy(m(tokens)[1]) for m in (model, loaded)
    )
    np.testing.assert_array_equal(found, expected)
