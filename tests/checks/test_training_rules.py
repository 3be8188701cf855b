"""The rules on training see what they forbid, and nothing near it."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.checks import check

layers = keras.layers


def found(code, outputs, inputs, **given):
    return check(keras.Model(inputs, outputs), select=[code], **given)


def paths(*arguments, **given):
    return [finding.path for finding in found(*arguments, **given)]


def scaled(factor, name="add"):
    x = keras.Input((4,))
    y = layers.Rescaling(factor)(layers.Dense(4, kernel_initializer="identity")(x))
    return layers.Add(name=name)([x, y]), x


class TestDeadBranch:
    data = np.ones((3, 4), "float32")

    @pytest.mark.parametrize(
        ("factor", "said"),
        [(9e-4, "branch is 9.0e-04"), (1.1e-3, None), (990, None), (1e4, "stream is")],
    )
    def test_the_bounds(self, factor, said):
        findings = found("KR401", *scaled(factor), data=self.data)
        assert [said in f.message for f in findings] == ([True] if said else [])

    def test_without_data_nothing_is_measured(self):
        assert found("KR401", *scaled(0.0)) == []

    @pytest.mark.parametrize(
        "end",
        [
            kr.scale(0.0),
            kr.scale(1e-6, per="channel"),
            layers.BatchNormalization(gamma_initializer="zeros"),
            layers.Dense(4, kernel_initializer="zeros"),
        ],
    )
    def test_silent_by_design_at_the_start_but_not_when_trained(self, end):
        x = keras.Input((4,))
        y = end(layers.Dense(4, kernel_initializer="identity")(x))
        model = keras.Model(x, layers.Add()([x, y]))
        assert check(model, self.data, select=["KR401"]) == []
        last = model.layers[-2]
        last.weights[0].assign(keras.ops.full(last.weights[0].shape, 1e-5))
        assert len(check(model, self.data, select=["KR401"])) == 1


class Noise(layers.Layer):
    """Always adds noise; with `seeded` it holds a generator."""

    def __init__(self, seeded=False, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(0) if seeded else None

    def call(self, x):
        return x + keras.random.normal((1, 4), seed=self.seeds)

    def compute_output_shape(self, input_shape):
        return input_shape


class Counter(layers.Layer):
    """Deterministic, but moves a weight of its own in training."""

    def build(self, input_shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training:
            self.calls.assign(self.calls + 1)
        return x + self.calls


class Refuses(layers.Layer):
    """Has a symbolic output, but cannot be called on numbers."""

    def call(self, x):
        raise RuntimeError("not here")

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, dtype=x.dtype)


class TestUnseededRandomness:
    def test_noise_in_inference_is_seen(self):
        x = keras.Input((4,))
        assert paths("KR402", Noise(name="noise")(x), x) == ["noise"]

    @pytest.mark.parametrize(
        "layer",
        [
            Noise(seeded=True),
            Counter(),
            Refuses(),
            layers.Dropout(0.5),
            layers.GaussianNoise(0.5),
            kr.layers.DropPath(0.5),
        ],
    )
    def test_quiet(self, layer):
        x = keras.Input((4,))
        assert found("KR402", layer(x), x) == []

    def test_it_leaves_the_weights_as_they_were(self):
        x, layer = keras.Input((4,)), Counter()
        assert found("KR402", layer(x), x) == []
        assert keras.ops.convert_to_numpy(layer.calls) == 0

    def test_lambda_is_no_hiding_place(self):
        x = keras.Input((4,))
        noise = layers.Lambda(
            lambda x: x + keras.random.normal((1, 4)), output_shape=(4,), name="noise"
        )
        assert paths("KR402", noise(x), x) == ["noise"]

    def test_keras_s_own_stochastic_depth(self):
        from keras.src.applications.convnext import StochasticDepth

        x = keras.Input((4, 4, 2))
        assert paths("KR402", StochasticDepth(0.5, name="drop")(x), x) == ["drop"]
        assert found("KR402", StochasticDepth(0.0)(x), x) == []


class TestTooDeep:
    @staticmethod
    def sums(count, branch_first):
        inputs = x = keras.Input((2,))
        for _ in range(count):
            y = layers.Identity()(x)
            x = layers.Add()([y, x] if branch_first else [x, y])
        return x, inputs

    def test_the_order_of_a_sum_s_inputs_decides(self):
        assert len(found("KR404", *self.sums(452, True))) == 1
        assert found("KR404", *self.sums(452, False)) == []

    def test_it_counts_as_keras_does(self):
        """At the depth that is told, the recursion limit is what Keras fails at."""
        x, inputs = self.sums(200, branch_first=True)
        from keras_residual.graph.graph import Graph

        (depth,) = Graph(keras.Model(inputs, x)).recursion.values()
        assert depth == 400
        assert _rebuilds(inputs, x, calls=depth + 60)
        assert not _rebuilds(inputs, x, calls=depth)

    def test_a_nested_model_is_named(self):
        inner, first = self.sums(452, True)
        x = keras.Input((2,))
        block = keras.Model(first, inner, name="block")
        assert paths("KR404", block(x), x) == ["block"]


def _rebuilds(inputs, outputs, calls):
    import inspect
    import sys

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + calls)
    try:
        keras.Function(inputs, outputs)
    except RecursionError:
        return False
    finally:
        sys.setrecursionlimit(before)
    return True


def dropped(rates, drop=None):
    inputs = x = keras.Input((4,))
    for k, rate in enumerate(rates):
        y = layers.Dense(4)(x)
        if rate is not None:
            y = (drop or kr.drop_path)(rate)(y)
        x = layers.Add(name=f"add{k}")([x, y])
    return x, inputs


class TestUnevenDropPath:
    @pytest.mark.parametrize(
        "rates",
        [
            [0.1] * 4,
            [0.0, 0.1, 0.2, 0.3],
            [0.1, 0.1, 0.2, 0.2],
            [None, 0.1, 0.2],
            [None, None, None],
            [0.1, 0.2, 0.3, 0.1, 0.2, 0.3],  # two rising schedules
            kr.parts.drop_rates(0.5, 9),
        ],
    )
    def test_schedules_are_quiet(self, rates):
        assert found("KR405", *dropped(rates)) == []

    @pytest.mark.parametrize(
        ("rates", "where"),
        [
            ([0.3, 0.2, 0.1], "add0"),
            ([0.3, 0.2, None], "add0"),
            ([0.1, 0.2, 0.9, 0.4, 0.5], "add2"),
            ([0.1, 0.2, None, 0.4], "add2"),
            ([0.1, 0.2, 0.3, None], "add3"),
        ],
    )
    def test_flagged(self, rates, where):
        assert paths("KR405", *dropped(rates)) == [where]

    @pytest.mark.parametrize("rescale", ["paper", "none"])
    def test_both_kinds_of_layer_are_known(self, rescale):
        def drop(rate):
            return kr.drop_path(rate, rescale=rescale)

        assert paths("KR405", *dropped([0.3, 0.2, 0.1], drop)) == ["add0"]

    def test_dropout_of_elements_is_none(self):
        assert found("KR405", *dropped([0.3, 0.2, 0.1], kr.dropout)) == []

    def test_another_kind_of_branch_needs_none(self):
        x, inputs = dropped([0.1, 0.2, 0.3])
        y = layers.Dense(4)(layers.LayerNormalization()(x))
        assert found("KR405", layers.Add()([x, y]), inputs) == []
