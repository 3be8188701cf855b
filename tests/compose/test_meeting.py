"""The paths meet, or the block says why not; nothing is broadcast."""

import re

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


TRIMMING = {
    "a valid convolution": kr.conv(4, padding="valid"),
    "a large one": kr.conv(4, 5, padding="valid"),
    "a valid and strided one": kr.conv(4, stride=2, padding="valid"),
    "a valid one and a scale": [kr.conv(4, padding="valid"), kr.scale(per="channel")],
    "a nested valid one": kr.nest(kr.conv(4, padding="valid")),
    "a crop": keras.layers.Cropping2D(1),
}


@pytest.mark.parametrize("branch", TRIMMING.values(), ids=TRIMMING)
@pytest.mark.parametrize("shortcut", FOLLOWING)
def test_a_trimmed_border_is_no_stride_at_any_size(branch, shortcut):
    for size in (*range(5, 12), None):
        with pytest.raises(ValueError, match="takes borders away"):
            kr.Residual(branch, shortcut)(keras.Input((size, size, 4)))


def test_a_trimmed_border_is_seen_behind_a_model_of_one_size():
    inner = keras.Input((8, 8, 4))
    nested = keras.Model(inner, keras.layers.Conv2D(4, 5)(inner))
    for branch in (nested, keras.Sequential([nested])):
        with pytest.raises(ValueError, match="takes borders away"):
            kr.Residual(branch)(keras.Input((8, 8, 4)))


def test_a_branch_that_takes_one_size_only_is_followed_by_a_stride():
    fixed = [kr.conv(4, stride=2), keras.layers.Reshape((4, 4, 4))]
    assert shapes(kr.Residual(fixed), (8, 8, 4))[1] == (2, 4, 4, 4)


def paths(shape, branch, shortcut):
    """Returns what the branch and the shortcut bring to the sum."""
    inputs = keras.Input(shape)
    y = kr.Residual(branch, shortcut)(inputs)
    merge = keras.Model(inputs, y).layers[-1]
    return keras.Model(inputs, merge.input)


def upsample(x):
    return keras.layers.UpSampling2D()(x)


@pytest.mark.parametrize("shortcut", [*FOLLOWING, ["crop", "auto"]], ids=str)
@pytest.mark.parametrize(
    "branch",
    [
        *TRIMMING.values(),
        kr.pool("max", 2, padding="valid"),
        kr.pool("average", 3, stride=2, padding="valid"),
        kr.conv(4, 2, stride=7, padding="valid"),
        [kr.pool("max", 2), upsample],
        kr.conv(4, stride=3),
    ],
    ids=[*TRIMMING, "max", "average", "far strides", "there and back", "strides"],
)
def test_unknown_sizes_meet_at_every_size_or_are_refused(branch, shortcut):
    try:
        model = paths((None, None, 4), branch, shortcut)
    except ValueError:
        return
    for size in (7, 8, 9):
        carried, change = model(np.ones((1, size, size, 4), "float32"))
        assert carried.shape == change.shape, size


def test_a_window_that_divides_the_size_is_a_stride():
    pooled = [kr.conv(8), keras.layers.MaxPooling2D()]
    assert shapes(kr.Residual(pooled), (8, 6, 4))[1] == (2, 4, 3, 8)
    with pytest.raises(ValueError, match="takes borders away"):
        kr.Residual(pooled)(keras.Input((9, 6, 4)))


@pytest.mark.parametrize("shape", [(9, 8, 4), (None, None, 4)])
@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_a_crop_takes_the_borders_that_the_branch_takes(shape, kernel):
    model = paths(shape, kr.conv(4, kernel, padding="valid"), "crop")
    x = np.random.default_rng(1).normal(size=(2, 9, 8, 4)).astype("float32")
    before, after = (kernel - 1) // 2, kernel // 2
    carried, change = map(keras.ops.convert_to_numpy, model(x))
    np.testing.assert_array_equal(carried, x[:, before : 9 - after, before : 8 - after])
    assert carried.shape == change.shape


def test_a_crop_before_a_stride_reads_the_middle_of_each_window():
    branch = kr.conv(4, 3, stride=2, padding="valid")
    model = paths((None, None, 4), branch, ["crop", "zero_pad"])
    x = np.random.default_rng(1).normal(size=(2, 9, 8, 4)).astype("float32")
    carried = keras.ops.convert_to_numpy(model(x)[0])
    np.testing.assert_array_equal(carried, x[:, 1:8:2, 1:7:2])


def test_what_is_not_trimmed_is_not_cropped():
    inputs = keras.Input((8, 8, 4))
    model = keras.Model(inputs, kr.Residual(kr.conv(4), "crop")(inputs))
    assert [type(layer).__name__ for layer in model.layers][1:] == ["Conv2D", "Add"]


class TestShortcutOfSeveralParts:
    """Each part of a list follows the branch from where the one before it got."""

    x = np.random.default_rng(2).normal(size=(2, 8, 3)).astype("float32")

    def carried(self, shortcut, size=8, stride=2):
        model = paths((size, 3), kr.conv(5, stride=stride), shortcut)
        for weight in model.weights:
            weight.assign(np.random.default_rng(3).normal(size=weight.shape))
        return model, keras.ops.convert_to_numpy(model(self.x)[0])

    def projected(self, model, x):
        layer = next(la for la in model.layers if re.search("shortcut_.*conv", la.name))
        kernel, bias = (np.asarray(w, "float64") for w in layer.get_weights())
        return x.astype("float64") @ kernel[0] + bias

    @pytest.mark.parametrize("size", [8, None])
    @pytest.mark.parametrize("last", ["projection", "auto", ["projection"]])
    def test_a_pool_and_then_the_channels(self, size, last):
        model, carried = self.carried([kr.pool("max", 2), last], size)
        pooled = self.x.reshape(2, 4, 2, 3).max(axis=2)
        np.testing.assert_allclose(carried, self.projected(model, pooled), atol=1e-5)

    @pytest.mark.parametrize("size", [8, None])
    def test_a_pool_and_then_zeros(self, size):
        _, carried = self.carried([[kr.pool("average", 2)], "zero_pad"], size)
        pooled = self.x.reshape(2, 4, 2, 3).mean(axis=2)
        np.testing.assert_allclose(carried[..., :3], pooled, atol=1e-6)
        assert not carried[..., 3:].any()

    @pytest.mark.parametrize("size", [8, None])
    def test_what_the_pool_leaves_of_the_stride(self, size):
        model, carried = self.carried([kr.pool("max", 2), "projection"], size, stride=4)
        pooled = self.x.reshape(2, 4, 2, 3).max(axis=2)[:, ::2]
        np.testing.assert_allclose(carried, self.projected(model, pooled), atol=1e-5)

    @pytest.mark.parametrize("size", [8, None])
    def test_side_by_side(self, size):
        both = kr.parallel([[kr.pool("max", 2), "projection"], "zero_pad"])
        model, carried = self.carried(both, size)
        pooled = self.x.reshape(2, 4, 2, 3).max(axis=2)
        expected = self.projected(model, pooled)
        expected[..., :3] += self.x[:, ::2]
        np.testing.assert_allclose(carried, expected, atol=1e-5)

    def test_words_in_a_list_of_a_block_get_its_norm(self):
        block = kr.blocks.basic(8, stride=2, shortcut=[kr.pool("max"), "projection"])
        inputs = keras.Input((8, 8, 4))
        names = [la.name for la in keras.Model(inputs, block(inputs)).layers]
        assert "residual1_shortcut_norm1" in names


def test_a_gate_of_one_number_a_channel_multiplies_all_positions():
    squeeze = keras.layers.GlobalAveragePooling2D(keepdims=True)
    gate = [squeeze, kr.conv(4, 1, activation="sigmoid")]
    assert shapes(kr.Residual(gate, merge="multiply"), (9, 7, 4))[1] == (2, 9, 7, 4)


def test_a_merge_of_the_users_is_left_to_the_user():
    for merge in (keras.layers.Maximum(), lambda paths: paths[0] - paths[1]):
        assert shapes(kr.Residual(kr.conv(4), merge=merge), (9, 7, 4))[1][3] == 4
