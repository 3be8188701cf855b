"""The paths meet, or the block says why not; nothing is broadcast, no mask is lost."""

import keras
import numpy as np
import pytest

import keras_residual as kr

PLACES = {
    "features": (4,),
    "sequence": (9, 4),
    "image": (9, 7, 4),
    "volume": (5, 7, 6, 4),
    "unknown": (None, None, 4),
}
FOLLOWING = ["auto", "projection", "pooled_projection", "zero_pad"]


def shapes(part, shape):
    """Returns the static shape, and the shape that data really gets."""
    inputs = keras.Input(shape)
    model = keras.Model(inputs, part(inputs))
    data = np.ones([2, *[11 if size is None else size for size in shape]], "float32")
    return model.output_shape, tuple(model(data).shape)


@pytest.mark.parametrize("shortcut", FOLLOWING)
@pytest.mark.parametrize("place", PLACES)
def test_a_shortcut_follows_width_and_stride_at_any_rank(shortcut, place):
    shape = PLACES[place]
    wider = kr.conv(8, 3, stride=2) if len(shape) > 1 else kr.dense(8)
    static, real = shapes(kr.Residual(wider, shortcut), shape)
    halved = [-(-(11 if size is None else size) // 2) for size in shape[:-1]]
    assert real == (2, *halved, 8)
    assert all(s in (None, r) for s, r in zip(static[1:], real[1:], strict=True))


@pytest.mark.parametrize("merge", ["add", "average", "gate", "two_gates"])
@pytest.mark.parametrize(
    "branch",
    [
        pytest.param(kr.conv(1), id="one channel for all"),
        pytest.param(kr.pool("global_average"), id="lower rank"),
        pytest.param(keras.layers.MaxPooling2D((1, 7)), id="size 1 along an axis"),
        pytest.param(keras.layers.Reshape((1, 9, 7, 4)), id="higher rank"),
        pytest.param(kr.conv(4, padding="valid"), id="smaller"),
    ],
)
def test_nothing_is_broadcast(merge, branch):
    with pytest.raises(ValueError, match="do not meet"):
        kr.Residual(branch, "identity", merge)(keras.Input((9, 7, 4)))


@pytest.mark.parametrize("shape", [(None, None, 4), (None, 9, 4), (9, None, 4)])
def test_a_stride_is_seen_where_sizes_are_unknown(shape):
    with pytest.raises(ValueError, match=r"which takes \(.*\) to \("):
        kr.Residual(kr.conv(4, stride=2), "identity")(keras.Input(shape))


def test_a_stride_inside_a_nested_model_is_seen_where_sizes_are_unknown():
    inner = keras.Input((None, None, 4))
    nested = keras.Model(inner, keras.layers.Conv2D(4, 3, 2, padding="same")(inner))
    with pytest.raises(ValueError, match="do not meet"):
        kr.Residual(nested, "identity")(keras.Input((None, None, 4)))
    assert shapes(kr.Residual(nested), (None, None, 4))[1] == (2, 6, 6, 4)


def test_a_gate_of_one_number_a_channel_multiplies_all_positions():
    squeeze = keras.layers.GlobalAveragePooling2D(keepdims=True)
    gate = [squeeze, kr.conv(4, 1, activation="sigmoid")]
    assert shapes(kr.Residual(gate, merge="multiply"), (9, 7, 4))[1] == (2, 9, 7, 4)


def test_a_merge_of_the_users_is_left_to_the_user():
    for merge in (keras.layers.Maximum(), lambda paths: paths[0] - paths[1]):
        assert shapes(kr.Residual(kr.conv(4), merge=merge), (9, 7, 4))[1][3] == 4


def masked(block):
    tokens = keras.Input((10,), dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(tokens)
    y = block(x)
    mean = keras.layers.GlobalAveragePooling1D()(y)
    model = keras.Model(tokens, [y, mean])
    return model, np.array([[1, 2, 3, 1, 2, 0, 0, 0, 0, 0]], "int32")


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize(
    ("branch", "steps"),
    [
        pytest.param(kr.dense(4), 5, id="kept by the branch"),
        pytest.param(kr.conv(4), 5, id="lost by the branch"),
        pytest.param(kr.conv(8), 5, id="lost by both paths"),
        pytest.param(kr.conv(8, stride=2), 3, id="strided"),
    ],
)
def test_the_mask_is_kept(branch, steps):
    model, tokens = masked(kr.Residual(branch))
    y, mean = map(keras.ops.convert_to_numpy, model(tokens))
    np.testing.assert_allclose(mean, y[:, :steps].mean(axis=1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_a_kept_mask_survives_saving(tmp_path):
    model, tokens = masked(kr.Residual(kr.conv(4)))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    expected, found = (
        keras.ops.convert_to_numpy(m(tokens)[1]) for m in (model, loaded)
    )
    np.testing.assert_array_equal(found, expected)
