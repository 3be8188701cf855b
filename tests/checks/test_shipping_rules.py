"""The rules on files and names see what they forbid, and nothing near it."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.checks import check

layers = keras.layers


def found(code, outputs, inputs, **given):
    return check(keras.Model(inputs, outputs), select=[code], **given)


def double(x):
    return 2 * x


@keras.saving.register_keras_serializable("tests")
def registered(x):
    return 2 * x


class TestLambda:
    @pytest.mark.parametrize(
        ("function", "said"),
        [
            (lambda x: 2 * x, "it holds a Python lambda"),
            (double, 'the function "double"'),
            (keras.ops.square, 'the function "square"'),
            (registered, None),
            (keras.activations.relu, None),
        ],
    )
    def test_what_is_flagged_does_not_load(self, function, said, tmp_path):
        x = keras.Input((4,))
        model = keras.Model(x, layers.Lambda(function, name="twice")(x))
        findings = check(model, select=["KR501"])
        assert [said in f.message for f in findings] == ([True] if said else [])
        model.save(tmp_path / "model.keras")
        if said:
            with pytest.raises((TypeError, ValueError)):
                keras.saving.load_model(tmp_path / "model.keras")
        else:
            keras.saving.load_model(tmp_path / "model.keras")


def projected(order, *, width=4, kernel=1, norms=False):
    """A unit whose paths both end in a layer of `width * width` weights."""
    x = keras.Input((8, 8, 4))
    y = layers.Conv2D(width, 3, padding="same", name="first")(x)
    y = layers.Conv2D(8, kernel, padding="same", name="last")(y)
    shortcut = layers.Conv2D(8, 1, name="shortcut")(x)
    if norms:
        y, shortcut = (
            layers.BatchNormalization()(y),
            layers.BatchNormalization()(shortcut),
        )
    paths = [shortcut, y][::order]
    return keras.Model(x, layers.Add(name="add")(paths))


class TestPositionalWeights:
    def test_what_is_flagged_is_swapped_in_silence(self, tmp_path):
        """The finding is true: one model's file loads into the other, and differs."""
        (finding,) = check(projected(1), select=["KR502"])
        assert '"shortcut" and "last"' in finding.message
        assert "(1, 1, 4, 8)" in finding.message
        one, other = projected(1), projected(-1)
        for layer in one.layers:
            other.get_layer(layer.name if layer.weights else "add").set_weights(
                layer.get_weights()
            )
        x = np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype("float32")
        np.testing.assert_allclose(one.predict(x), other.predict(x), atol=1e-5)
        one.save_weights(tmp_path / "one.weights.h5")
        other.load_weights(tmp_path / "one.weights.h5")
        assert np.abs(one.predict(x) - other.predict(x)).max() > 1e-2

    @pytest.mark.filterwarnings("ignore:Skipping nested container")
    @pytest.mark.parametrize("settings", [{"width": 5}, {"kernel": 3}])
    def test_other_shapes_are_refused_by_keras(self, settings, tmp_path):
        assert check(projected(1, **settings), select=["KR502"]) == []
        projected(1, **settings).save_weights(tmp_path / "one.weights.h5")
        with pytest.raises(ValueError, match="shape"):
            projected(-1, **settings).load_weights(tmp_path / "one.weights.h5")

    def test_equal_norms_alone_do_not_pass_in_silence(self):
        assert check(projected(1, width=5, norms=True), select=["KR502"]) == []
        assert check(projected(1, width=4, norms=True), select=["KR502"])

    def test_other_distances_are_told_apart(self):
        x = keras.Input((4,))
        y = layers.ReLU()(layers.Dense(8)(layers.Dense(4)(x)))
        z = layers.Add()([layers.Dense(8)(x), y])
        assert found("KR502", z, x) == []

    def test_identities_have_no_weights(self):
        x = keras.Input((4,))
        assert found("KR502", layers.Add()([x, layers.Dense(4)(x)]), x) == []


class TestUnexportable:
    @pytest.mark.parametrize(
        ("name", "operation"),
        [
            ("rfft", lambda x: keras.ops.rfft(x)[0]),
            ("svd", lambda x: keras.ops.svd(x)[1]),
            ("inv", keras.ops.inv),
        ],
    )
    def test_flagged_once(self, name, operation):
        x = keras.Input((4, 4))
        (finding,) = found("KR503", operation(x), x)
        assert finding.message.lower().startswith(name)

    def test_what_onnx_can_say_is_quiet(self):
        x = keras.Input((4, 4))
        y = keras.ops.matmul(keras.ops.erf(x), keras.ops.softmax(x))
        assert found("KR503", keras.ops.top_k(y, 2)[0], x) == []


class TestPlusOperator:
    def test_both_ways_of_writing_it(self):
        x = keras.Input((4,))
        for y in (x + layers.Dense(4)(x), keras.ops.add(x, layers.Dense(4)(x))):
            (finding,) = found("KR504", y, x)
            assert finding.fixable
            assert finding.level == "note"

    @pytest.mark.parametrize(
        "use",
        [
            lambda x: layers.Add()([x, layers.Dense(4)(x)]),
            lambda x: x + 1.0,
            lambda x: x + layers.Dense(1)(x),  # broadcasts, so Add may differ
            lambda x: layers.Dense(4)(x) * (x + 1.0),
        ],
    )
    def test_quiet(self, use):
        x = keras.Input((4,))
        assert found("KR504", use(x), x) == []


class TestDefaultName:
    def nested(self, *names):
        y = x = keras.Input((4,))
        for number, name in enumerate(names):
            dense = layers.Dense(4, name=name)
            y = keras.Sequential([keras.Input((4,)), dense], name=f"part{number}")(y)
        return found("KR505", y, x)

    def test_counts_layers_of_one_default_name(self):
        (finding,) = self.nested("dense_2", "dense_2", "dense_1")
        assert finding.path == ""
        assert finding.message.startswith("2 layers")
        assert '"part0/dense_2" and "part1/dense_2"' in finding.message

    def test_default_names_alone_are_sound(self):
        x = keras.Input((4,))
        y = layers.Dense(4)(layers.ReLU()(layers.Dense(4)(layers.Dense(4)(x))))
        assert found("KR505", y, x) == []

    @pytest.mark.parametrize(
        "name", ["dense_3x", "stage1_dense2", "a\nb", "\x00\x1b[2J"]
    )
    def test_chosen_names_are_quiet(self, name):
        assert self.nested(name, name) == []

    def test_our_recipes_name_their_layers(self):
        x = keras.Input((8, 8, 4))
        assert found("KR505", kr.blocks.basic(4)(x, name="stage1_block1"), x) == []
