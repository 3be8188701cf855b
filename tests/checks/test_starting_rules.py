"""The rules on how training begins see what they forbid, and nothing near it."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.checks import check
from keras_residual.checks.moments import moments
from keras_residual.graph.graph import Graph

layers = keras.layers


def found(code, outputs, inputs):
    return check(keras.Model(inputs, outputs), select=[code])


def chain(count, *, start="he_normal", end=(), norm=False, width=16):
    inputs = x = keras.Input((width,))
    for _ in range(count):
        y = layers.BatchNormalization()(x) if norm else x
        y = layers.Dense(width, "relu", kernel_initializer=start)(y)
        y = layers.Dense(width, kernel_initializer=start)(y)
        for part in end:
            y = part(y)
        x = layers.Add()([x, y])
    return x, inputs


class TestGrowingVariance:
    def test_variances_are_those_of_the_initialisers(self):
        """Against numbers: the mean over many networks of the variance of a chain."""
        x, inputs = chain(4)
        model = keras.Model(inputs, x)
        told = moments(Graph(model))[-1].variance
        rng = np.random.default_rng(0)
        seen = []
        for _ in range(200):
            stream = rng.normal(size=(64, 16))
            for _ in range(4):
                hidden = stream @ rng.normal(0, (2 / 16) ** 0.5, (16, 16))
                kernel = rng.normal(0, (2 / 16) ** 0.5, (16, 16))
                stream = stream + np.maximum(hidden, 0) @ kernel
            seen.append((stream**2).mean())
        assert told == pytest.approx(3**4, rel=1e-3)  # he_normal twice: 1 + 2 * 2 / 2
        assert np.mean(seen) == pytest.approx(told, rel=0.1)

    def test_it_is_told_where_the_bound_is_passed(self):
        x, inputs = chain(9)
        (finding,) = found("KR304", x, inputs)
        assert "in 7 units" in finding.message  # 3 ** 6 = 729, 3 ** 7 = 2187
        assert "2187-fold" in finding.message

    @pytest.mark.parametrize(
        "settings",
        [
            {"norm": True},
            {"end": [layers.Rescaling(0.1)]},
            {"start": "zeros"},
            {"start": keras.initializers.RandomNormal(stddev=0.02)},
            {"start": keras.initializers.VarianceScaling(2 / 20**0.5)},
        ],
    )
    def test_what_keeps_it_small_is_quiet(self, settings):
        x, inputs = chain(20, **settings)
        assert found("KR304", x, inputs) == []

    def test_skipinit_and_layer_scale_are_quiet(self):
        for scale in (kr.scale(0.0), kr.scale(1e-6, per="channel")):
            x, inputs = chain(20, end=[scale])
            assert found("KR304", x, inputs) == []

    def test_a_norm_on_the_stream_starts_anew(self):
        inputs = x = keras.Input((16,))
        for _ in range(20):
            y = layers.Dense(16, kernel_initializer="he_normal")(x)
            x = layers.LayerNormalization()(layers.Add()([x, y]))
        assert found("KR304", x, inputs) == []

    def test_plain_keras_grows_more_slowly(self):
        few, inputs = chain(16, start="glorot_uniform")  # 1.5 ** 16 = 657
        assert found("KR304", few, inputs) == []
        many, inputs = chain(20, start="glorot_uniform")
        assert len(found("KR304", many, inputs)) == 1


class TestZeroInit:
    @staticmethod
    def deep(count, gamma="ones", end=None):
        inputs = x = keras.Input((2,))
        for _ in range(count):
            y = layers.Dense(2)(x)
            y = layers.BatchNormalization(gamma_initializer=gamma)(y)
            x = layers.Add()([x, end(y) if end else y])
        return x, inputs

    def test_only_deep_networks(self):
        assert len(found("KR305", *self.deep(50))) == 1
        assert found("KR305", *self.deep(49)) == []

    def test_silent_starts_are_quiet(self):
        assert found("KR305", *self.deep(50, "zeros")) == []
        assert found("KR305", *self.deep(50, end=kr.scale(0.0))) == []
