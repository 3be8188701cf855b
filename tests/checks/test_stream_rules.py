"""The rules on what acts on the stream see what they forbid, and nothing near it."""

import keras
import pytest
from checks.small import PICTURE, STEPS, added, conv, paths
from keras import layers, ops

import keras_residual as kr


class TestNonNegativeBranch:
    @pytest.mark.parametrize(
        "end",
        [
            layers.ReLU(),
            layers.Activation("sigmoid"),
            ops.relu,
            lambda y: ops.relu(y) * ops.sigmoid(y),
            lambda y: layers.Concatenate()(
                [ops.relu(y)[..., :2], ops.softplus(y[..., 2:])]
            ),
            lambda y: layers.Dropout(0.1)(layers.Reshape(PICTURE)(ops.relu(y))),
            lambda y: layers.MaxPooling2D(3, 1, "same")(layers.ReLU()(y)),
            conv(activation="relu"),
        ],
    )
    def test_flagged(self, end):
        x = keras.Input(PICTURE)
        assert paths("KR101", added(x, end(conv()(x))), x) == ["add"]
        assert len(paths("KR101", x + end(conv()(x)), x)) == 1

    @pytest.mark.parametrize(
        "end",
        [
            layers.Identity(),
            layers.LeakyReLU(),
            layers.PReLU(),
            ops.gelu,
            lambda y: y * ops.sigmoid(y),
            lambda y: layers.Concatenate()([ops.relu(y)[..., :2], y[..., 2:]]),
            lambda y: conv()(layers.ReLU()(y)),
            lambda y: layers.LayerNormalization()(ops.relu(y)),
            lambda y: ops.glu(layers.Concatenate()([y, y])),
            layers.Softmax(axis=(1, 2)),  # not known on one axis
        ],
    )
    def test_quiet(self, end):
        x = keras.Input(PICTURE)
        assert paths("KR101", added(x, end(conv()(x))), x) == []

    def test_other_merges_are_no_sums(self):
        x = keras.Input(PICTURE)
        y = layers.Concatenate()([x, conv(activation="relu")(x)])
        assert paths("KR101", y, x) == []

    def test_a_sum_of_features_has_no_stream(self):
        x = keras.Input(PICTURE)
        y = added(conv(activation="relu")(x), conv(activation="relu")(x))
        assert paths("KR101", y, x) == []

    def test_each_call_of_a_nested_block(self):
        inner = keras.Input(PICTURE)
        block = keras.Model(
            inner, added(inner, conv(activation="relu")(inner)), name="b"
        )
        x = keras.Input(PICTURE)
        assert paths("KR101", block(block(x)), x) == ["b/add", "b:1/add"]


class TestOperationOnShortcut:
    @pytest.mark.parametrize(
        "on",
        [
            layers.ReLU(),
            ops.tanh,
            layers.BatchNormalization(),
            layers.LayerNormalization(),
            layers.Dropout(0.5),
            layers.SpatialDropout2D(0.5),
            kr.drop_path(0.1),
            layers.Rescaling(0.5),
            lambda x: 0.5 * x,
            lambda x: x / 2,
            kr.scale(1.0, per="channel"),
        ],
    )
    def test_flagged(self, on):
        x = keras.Input(PICTURE)
        assert paths("KR102", added(on(x), conv()(x)), x) == ["add"]

    @pytest.mark.parametrize(
        "on",
        [
            layers.Identity(),
            layers.Dropout(0.0),
            layers.Conv2D(4, 1),
            lambda x: x * layers.Dense(4, activation="sigmoid")(x),
            layers.MaxPooling2D(3, 1, "same"),
        ],
    )
    def test_quiet(self, on):
        x = keras.Input(PICTURE)
        assert paths("KR102", added(on(x), conv()(layers.ReLU()(conv()(x)))), x) == []

    def test_where_the_shape_changes_it_is_a_choice(self):
        x = keras.Input(PICTURE)
        y = layers.MaxPooling2D(2)(layers.ReLU()(x))
        z = layers.Conv2D(4, 3, 2, padding="same")(conv()(x))
        assert paths("KR102", added(y, z), x) == []

    def test_a_norm_makes_up_for_a_scale_but_not_for_a_dropout(self):
        x = keras.Input(STEPS)
        for on, found in ((layers.Rescaling(2.4), []), (layers.Dropout(0.1), ["add"])):
            y = layers.LayerNormalization()(added(on(x), layers.Dense(4)(x)))
            assert paths("KR102", y, x) == found

    def test_before_the_parting_it_is_not_on_the_shortcut(self):
        x = keras.Input(PICTURE)
        for before in (layers.ReLU(), layers.BatchNormalization(), layers.Dropout(0.5)):
            y = before(x)
            assert paths("KR102", added(y, conv()(y)), x) == []

    def test_rotary_positions_learn_nothing(self):
        x = keras.Input(STEPS)
        turned = ops.concatenate([-x[..., 2:], x[..., :2]], axis=-1)
        assert paths("KR102", x * 0.8 + turned * 0.6, x) == []

    def test_highway_gates_are_quiet(self):
        x = keras.Input(PICTURE)
        for merge in ("gate", "two_gates"):
            assert paths("KR102", kr.Residual(kr.conv(4), merge=merge)(x), x) == []


class TestBatchNormAfterSum:
    @staticmethod
    def net(*after):
        inputs = x = keras.Input(PICTURE)
        for k in range(3):
            x = added(x, conv()(x), f"add{k}")
            for layer in after:
                x = layer()(x)
        return layers.Dense(2)(x), inputs

    @pytest.mark.parametrize(
        "after",
        [
            [layers.BatchNormalization],
            [layers.BatchNormalization, layers.ReLU],
            [layers.ReLU, layers.BatchNormalization],
        ],
    )
    def test_flagged_but_for_the_last(self, after):
        assert paths("KR103", *self.net(*after)) == ["add0", "add1"]

    def test_post_norm_is_quiet(self):
        assert paths("KR103", *self.net(layers.LayerNormalization)) == []
        assert paths("KR103", *self.net(layers.ReLU)) == []

    def test_pre_activation_with_stage_changes_is_quiet(self):
        x = inputs = keras.Input(PICTURE)
        for filters, stride in ((4, 1), (8, 2), (8, 1), (16, 2)):
            x = kr.blocks.preactivation_bottleneck(filters, stride=stride)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        assert paths("KR103", x, inputs) == []


class TestTwoActivations:
    @pytest.mark.parametrize(
        "end", [layers.LeakyReLU(), layers.PReLU(), ops.gelu, conv(activation="tanh")]
    )
    def test_flagged(self, end):
        x = keras.Input(PICTURE)
        y = layers.ELU()(added(x, end(conv()(x))))
        assert paths("KR108", conv()(y), x) == ["add"]
        assert paths("KR101", conv()(y), x) == []

    def test_what_another_rule_says_is_not_said_twice(self):
        x = keras.Input(PICTURE)
        y = conv()(layers.ReLU()(added(x, conv(activation="relu")(x))))
        assert paths("KR108", y, x) == []
        assert paths("KR101", y, x) == ["add"]

    def test_a_norm_between_or_the_output_is_quiet(self):
        x = keras.Input(PICTURE)
        y = added(x, layers.LeakyReLU()(conv()(x)))
        assert paths("KR108", layers.ReLU()(y), x) == []
        normed = layers.ReLU()(layers.BatchNormalization()(y))
        assert paths("KR108", conv()(normed), x) == []
