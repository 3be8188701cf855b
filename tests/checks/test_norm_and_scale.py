"""The rules on norms and scales see what they forbid, and nothing near it."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.checks import check

layers = keras.layers


def found(code, outputs, inputs, **given):
    model = keras.Model(inputs, outputs)
    return check(model, select=[code], **given)


def paths(*arguments, **given):
    return [finding.path for finding in found(*arguments, **given)]


class TestMomentum:
    def test_one_finding_a_value(self):
        x = y = keras.Input((4,))
        for k, momentum in enumerate((0.1, 0.1, 0.0, 0.5, 0.99)):
            y = layers.BatchNormalization(momentum=momentum, name=f"norm{k}")(y)
        findings = found("KR301", y, x)
        assert [f.path for f in findings] == ["norm0", "norm2"]
        assert '"norm0" and "norm1"' in findings[0].message
        assert [f.help for f in findings] == ["write momentum=0.9"] * 2

    def test_frozen_norms_do_not_move(self):
        x = keras.Input((4,))
        norm = layers.BatchNormalization(momentum=0.1)
        norm.trainable = False
        assert found("KR301", norm(x), x) == []
        assert found("KR302", norm(x), x, steps=1) == []

    def test_norms_without_statistics_have_no_momentum(self):
        x = keras.Input((4, 8))
        y = layers.GroupNormalization(2)(layers.LayerNormalization()(x))
        assert found("KR301", y, x) == []

    def test_wrapped_norms_are_left_alone(self):
        x = keras.Input((3, 4))
        y = layers.TimeDistributed(layers.BatchNormalization())(x)
        assert found("KR301", y, x) == []

    def test_nested_norms_are_seen(self):
        inner = keras.Input((4,))
        y = layers.BatchNormalization(momentum=0.1, name="norm")(inner)
        block = keras.Model(inner, y, name="block")
        x = keras.Input((4,))
        assert paths("KR301", block(x), x) == ["block/norm"]

    @pytest.mark.parametrize(("steps", "slow"), [(298, True), (299, False)])
    def test_the_bound_is_five_percent(self, steps, slow):
        x = keras.Input((4,))
        assert (
            bool(found("KR302", layers.BatchNormalization()(x), x, steps=steps)) == slow
        )
        assert (0.99**steps > 0.05) == slow

    def test_without_steps_nothing_is_said(self):
        x = keras.Input((4,))
        assert found("KR302", layers.BatchNormalization()(x), x) == []

    def test_what_it_says_to_write_is_enough(self):
        x = keras.Input((4,))
        for steps in (1, 20, 100, 3000):
            slow = layers.BatchNormalization(momentum=0.9999)(x)
            (finding,) = found("KR302", slow, x, steps=steps)
            momentum = float(finding.help.split("momentum=")[1].split(",")[0])
            better = layers.BatchNormalization(momentum=momentum)(x)
            assert found("KR302", better, x, steps=steps) == []

    def test_a_momentum_of_one_never_moves(self):
        x = keras.Input((4,))
        norm = layers.BatchNormalization(momentum=1.0)(x)
        (finding,) = found("KR302", norm, x, steps=10)
        assert "100%" in finding.message


class TestBiasBeforeNorm:
    @pytest.mark.parametrize(
        ("first", "norm"),
        [
            (layers.Conv2D(4, 3), layers.BatchNormalization()),
            (layers.Dense(4), layers.BatchNormalization(axis=3)),
            (layers.DepthwiseConv2D(3), layers.BatchNormalization(center=False)),
            (layers.Conv2DTranspose(4, 3), layers.BatchNormalization()),
            (layers.SeparableConv2D(4, 3), layers.GroupNormalization(-1)),
            (layers.Conv2D(4, 3), layers.GroupNormalization(4)),
        ],
    )
    def test_flagged(self, first, norm):
        x = keras.Input((8, 8, 4))
        assert paths("KR303", norm(first(x)), x) == [first.name]

    @pytest.mark.parametrize(
        ("first", "norm"),
        [
            (layers.Conv2D(4, 3, use_bias=False), layers.BatchNormalization()),
            (layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()),
            (layers.Conv2D(4, 3), layers.BatchNormalization(axis=1)),
            (layers.Conv2D(4, 3), layers.LayerNormalization()),
            (layers.Conv2D(4, 3), layers.RMSNormalization()),
            (layers.Conv2D(4, 3), layers.GroupNormalization(2)),
            (layers.Conv2D(4, 3), layers.BatchNormalization(trainable=False)),
        ],
    )
    def test_quiet(self, first, norm):
        x = keras.Input((8, 8, 4))
        assert found("KR303", norm(first(x)), x) == []

    @pytest.mark.parametrize(("axis", "flagged"), [(1, True), (-1, False)])
    def test_the_axis_follows_the_data_format(self, axis, flagged):
        x = keras.Input((4, 8, 8))
        y = layers.Conv2D(8, 1, data_format="channels_first")(x)
        y = layers.BatchNormalization(axis=axis)(y)
        assert bool(found("KR303", y, x)) == flagged

    def test_a_second_reader_needs_the_bias(self):
        x = keras.Input((8,))
        y = layers.Dense(8)(x)
        z = layers.Add()([y, layers.BatchNormalization()(y)])
        assert found("KR303", z, x) == []

    def test_an_output_needs_the_bias(self):
        x = keras.Input((8,))
        y = layers.Dense(8)(x)
        assert found("KR303", [y, layers.BatchNormalization()(y)], x) == []

    def test_a_shared_layer_needs_it_if_one_call_does(self):
        x = keras.Input((8,))
        shared = layers.Dense(8, name="shared")
        normed = layers.BatchNormalization()(shared(x))
        assert found("KR303", shared(normed), x) == []
        normed = layers.BatchNormalization()(shared(normed))
        assert paths("KR303", normed, x) == ["shared"]

    def test_removing_it_changes_nothing_in_training(self):
        x = np.random.default_rng(0).normal(size=(16, 5)).astype("float32")
        norm, dense = layers.BatchNormalization(), layers.Dense(3)
        with_bias = norm(dense(x), training=True)
        dense.bias.assign([3.0, -1.0, 0.5])
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(norm(dense(x), training=True)),
            keras.ops.convert_to_numpy(with_bias),
            atol=1e-5,
        )


class TestDecayedScale:
    @staticmethod
    def compiled(optimizer):
        x = keras.Input((4,))
        y = kr.scale(0.5)(layers.Dense(4)(layers.BatchNormalization(name="norm")(x)))
        model = keras.Model(x, layers.Add()([x, y]))
        model.compile(optimizer, "mse")
        return check(model, select=["KR306"])

    def test_counts_what_is_decayed(self):
        (finding,) = self.compiled(keras.optimizers.SGD(weight_decay=0.1))
        assert "decays 3 weights" in finding.message  # gamma, beta, scale
        assert "biases: 1" in finding.message

    def test_loss_scaling_hides_nothing(self):
        inner = keras.optimizers.AdamW()
        assert self.compiled(keras.optimizers.LossScaleOptimizer(inner))

    def test_exclusions_by_name_count(self):
        optimizer = keras.optimizers.AdamW()
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta"])
        (finding,) = self.compiled(optimizer)
        assert "decays 1 weights" in finding.message
        optimizer = keras.optimizers.AdamW()
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "scale"])
        assert self.compiled(optimizer) == []

    @pytest.mark.parametrize("optimizer", ["sgd", "adam"])
    def test_without_decay_it_is_quiet(self, optimizer):
        assert self.compiled(optimizer) == []

    def test_it_says_what_the_optimiser_does(self):
        """The finding is true: a step without gradient moves what it names."""
        x = keras.Input((4,))
        model = keras.Model(x, layers.BatchNormalization()(x))
        optimizer = keras.optimizers.SGD(1.0, weight_decay=0.1)
        model.compile(optimizer, "mse")
        (gamma, beta) = model.trainable_variables
        zeros = [keras.ops.zeros(v.shape) for v in (gamma, beta)]
        optimizer.apply(zeros, [gamma, beta])
        np.testing.assert_allclose(keras.ops.convert_to_numpy(gamma), 0.9, rtol=1e-6)
        assert check(model, select=["KR306"])


class TestSharedNorm:
    def test_twins_are_quiet(self):
        norm = layers.BatchNormalization()
        a, b = keras.Input((4,)), keras.Input((4,))
        assert found("KR307", layers.Subtract()([norm(a), norm(b)]), [a, b]) == []

    def test_layer_norms_keep_nothing(self):
        norm, x = layers.LayerNormalization(), keras.Input((4,))
        assert found("KR307", norm(layers.Dense(4)(norm(x))), x) == []

    def test_a_block_applied_again_is_flagged(self):
        inner = keras.Input((4,))
        y = layers.BatchNormalization(name="norm")(inner)
        block = keras.Model(inner, layers.Add()([inner, y]), name="block")
        x = keras.Input((4,))
        (finding,) = found("KR307", block(block(block(x))), x)
        assert finding.path == "block/norm"
        assert "3 points" in finding.message
