"""A mixture of depths: which steps are taken, and what becomes of padding."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.common.errors import ResidualError
from keras_residual.compose.layers.streams.routing import RouteSteps


class TestMixtureOfDepths:
    """What its equation, with a branch of each step alone, does not show."""

    X = np.random.default_rng(0).normal(size=(3, 8, 4)).astype("float32")

    def routed(self, x: np.ndarray, **given):
        layer = RouteSteps(3)
        read, route = layer(x, **given)
        scores = x @ keras.ops.convert_to_numpy(layer.router.value)
        return *map(keras.ops.convert_to_numpy, (read, route)), scores[..., 0]

    def test_steps_stay_in_their_order(self):
        read, _, scores = self.routed(self.X)
        for row, r, taken in zip(self.X, scores, read, strict=True):
            expected = row[sorted(np.argsort(r)[-3:])]
            np.testing.assert_allclose(taken, expected, rtol=1e-6)

    def test_padding_is_taken_last_and_never_changed(self):
        mask = np.arange(8)[None] < np.array([[8], [4], [2]])
        read, route, _ = self.routed(self.X, mask=mask)
        assert (route.sum(1)[~mask] == 0).all()
        assert ((route != 0).sum((1, 2)) == [3, 3, 2]).all()
        assert read.shape == (3, 3, 4)

    def test_attention_among_the_steps_taken_sees_no_padding(self):
        def network(steps: int, capacity: float) -> keras.Model:
            x = keras.layers.Masking()(inputs := keras.Input((steps, 4)))
            via = kr.connections.mixture_of_depths(capacity, every=1)
            y = kr.connect(x, [kr.parts.attention(2)], via=via)
            return keras.Model(inputs, y)

        padded = self.X.copy()
        padded[:, 2:] = 0
        long, short = network(8, 0.4), network(2, 1.0)
        short.set_weights(long.get_weights())
        found, expected = (
            keras.ops.convert_to_numpy(model(x))
            for model, x in ((long, padded), (short, padded[:, :2]))
        )
        assert (found[:, 2:] == 0).all()
        np.testing.assert_allclose(found[:, :2], expected, atol=1e-6)

    def test_the_router_learns(self):
        x = keras.Input((8, 4))
        via = kr.connections.mixture_of_depths(0.5, every=1)
        model = keras.Model(x, kr.connect(x, [kr.dense(4)], via=via))
        model.compile("sgd", "mse")
        (router,) = (w for w in model.trainable_weights if w.name == "router")
        before = keras.ops.convert_to_numpy(router.value).copy()
        model.fit(self.X, self.X * 2, verbose=0)
        assert np.abs(keras.ops.convert_to_numpy(router.value) - before).max() > 0

    @pytest.mark.parametrize("capacity", [0.0, 1.5])
    def test_a_capacity_is_a_share(self, capacity):
        with pytest.raises(ResidualError, match="share of the steps"):
            kr.connections.mixture_of_depths(capacity)

    def test_an_unknown_number_of_steps_is_refused(self):
        via = kr.connections.mixture_of_depths(every=1)
        with pytest.raises(ResidualError, match="are not known"):
            kr.connect(keras.Input((None, 4)), [kr.dense(4)], via=via)
