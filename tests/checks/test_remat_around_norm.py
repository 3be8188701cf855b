"""What is recomputed in the backward pass is seen where it is made, nested or not."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.checks import check

layers = keras.layers


def found(code, outputs, inputs):
    return check(keras.Model(inputs, outputs), select=[code])


def paths(*arguments):
    return [finding.path for finding in found(*arguments)]


class TestRematAroundNorm:
    def test_modes_that_recompute_the_call(self):
        for settings in (
            {"mode": "full"},
            {"mode": "larger_than", "output_size_threshold": 3},
            {"mode": "list_of_layers", "layer_names": ["norm"]},
        ):
            x = keras.Input((4,))
            with keras.RematScope(**settings):
                y = layers.BatchNormalization(name="norm")(x)
            assert paths("KR403", y, x) == ["norm"], settings

    def test_modes_that_do_not(self):
        for settings in (
            {"mode": "activations"},
            {"mode": "larger_than", "output_size_threshold": 1000},
            {"mode": "list_of_layers", "layer_names": ["dense"]},
        ):
            x = keras.Input((4,))
            with keras.RematScope(**settings):
                y = layers.BatchNormalization()(layers.Dense(4, name="dense")(x))
            assert found("KR403", y, x) == [], settings

    def test_what_is_the_same_twice_may_be_recomputed(self):
        x = keras.Input((4,))
        with keras.RematScope(mode="full"):
            y = layers.LayerNormalization()(layers.Dense(4)(layers.Dropout(0)(x)))
        assert found("KR403", y, x) == []

    def test_a_nested_block_is_recomputed_as_a_whole(self):
        inner = keras.Input((4,))
        norm = layers.BatchNormalization(name="norm")(inner)
        with keras.RematScope(mode="list_of_layers", layer_names=["block"]):
            block = keras.Model(inner, norm, name="block")
        x = keras.Input((4,))
        (finding,) = found("KR403", block(x), x)
        assert finding.path == "block"
        assert '"block/norm"' in finding.message

    @pytest.mark.parametrize("kind", ["sequential", "block"])
    @pytest.mark.parametrize("recomputed", [True, False])
    def test_what_a_sequential_model_holds_is_asked_too(self, kind, recomputed):
        inside = [layers.Dense(4), layers.BatchNormalization(name="norm")]
        with keras.RematScope(mode="full" if recomputed else "activations"):
            if kind == "sequential":
                block = keras.Sequential([keras.Input((4,)), *inside], name="block")
            else:
                block = kr.layer(inside, name="block")
        model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.1), block])
        found = [f.path for f in check(model, select=["KR403"])]
        assert found == ["block"] * recomputed

    def test_inputs_by_name_are_no_obstacle(self):
        given = {"a": keras.Input((4,), name="a"), "b": keras.Input((4,), name="b")}
        with keras.RematScope(mode="larger_than", output_size_threshold=3):
            y = layers.BatchNormalization(name="norm")(layers.Add()([*given.values()]))
            model = keras.Model(given, y)
        assert [f.path for f in check(model, select=["KR403"])] == ["norm", ""]

    @pytest.mark.skipif(
        keras.backend.backend() != "torch", reason="says what PyTorch does"
    )
    def test_on_pytorch_the_statistics_move_twice(self):
        """The finding is true."""
        values = np.array([[1.0], [3.0]], "float32")
        for scope, mean in (("activations", 1.0), ("full", 1.5)):
            x = keras.Input((1,))
            y = layers.Dense(1, kernel_initializer="ones")(x)
            with keras.RematScope(mode=scope):
                norm = layers.BatchNormalization(momentum=0.5)
            model = keras.Model(x, norm(y))
            model.compile(keras.optimizers.SGD(0.0), "mse")
            model.fit(values, values, verbose=0)
            np.testing.assert_allclose(norm.moving_mean.numpy(), [mean], rtol=1e-6)
