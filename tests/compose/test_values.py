"""Values that attentions share, and the attention whose projections are layers."""

from typing import Any

import keras
import numpy as np
import pytest
from gradients import outputs as computed

import keras_residual as kr
from keras_residual.compose.layers.streams.values import ValueMix

STEPS = (6, 8)


def model(part, shape=STEPS, *, masked=False) -> keras.Model:
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input(shape)
    if masked:
        x = keras.layers.Masking()(x)
    return keras.Model(inputs, part(x))


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape).astype("float32")


def outputs(network: keras.Model, x: np.ndarray) -> np.ndarray:
    return computed(network, x, training=False)


def number(weight) -> float:
    return array(weight).item()


def array(weight) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(weight.value))


def made_by(tensor: Any) -> str:
    return tensor._keras_history.operation.name


def calls(network: keras.Model, kind: type) -> list:
    return [layer for layer in network.layers if isinstance(layer, kind)]


class TestAttentionOfLayers:
    """Between the same projections it computes what Keras's own attentions do."""

    @pytest.mark.parametrize("groups", [None, 2])
    @pytest.mark.parametrize("causal", [False, True])
    def test_it_computes_what_keras_does_with_padding_too(self, groups, causal):
        how = {"groups": groups, "causal": causal}
        padded = groups is None  # Keras's other attention warns of masks
        theirs = model(kr.parts.attention(4, **how), masked=padded)
        ours = model(kr.parts.attention(4, norm=kr.act(None), **how), masked=padded)
        values = [v for v in theirs.get_weights() if v.size]
        ours.set_weights(
            [v.reshape(w.shape) for v, w in zip(values, ours.weights, strict=True)]
        )
        x = drawn(2, *STEPS)
        x[1, 4:] = 0 if padded else 1
        y, expected = outputs(ours, x), outputs(theirs, x)
        read = np.abs(x).max(-1) > 0
        np.testing.assert_allclose(y[read], expected[read], atol=2e-6)

    def test_its_kernels_start_each_with_its_own_numbers(self):
        network = model(kr.parts.attention(2, norm="layer", depth=3))
        kernels = [w for w in network.weights if w.name == "kernel"]
        values = list(map(array, kernels))
        assert len({v.tobytes() for v in values}) == 4
        assert values[-1].std() < 0.6 * values[0].std()

    def test_deepnorm_leaves_queries_and_keys(self):
        def started(**options):
            branch = kr.parts.attention(2, norm="layer", kernel_initializer="ones")
            network = model(kr.blocks.sublayer(branch, **options))
            return {
                w.path.split("_")[-1]: array(w).max()
                for w in network.weights
                if w.name == "kernel"
            }

        found = started(placement="deepnorm", depth=8)
        small = pytest.approx(64**-0.25)
        assert found == {
            "query/kernel": 1,
            "key/kernel": 1,
            "value/kernel": small,
            "output/kernel": small,
        }


class TestValueResidual:
    """The mistakes that public code makes of it."""

    BLOCKS = (kr.blocks.transformer(2, 8),) * 4

    def test_the_first_stores_and_all_others_mix_its_values_alone(self):
        network = model(kr.parts.value_residual(self.BLOCKS))
        mixes = calls(network, ValueMix)
        assert len(mixes) == 3
        for mix in mixes:
            first, own = map(made_by, mix.input)
            assert first == "transformer1_attention_branch_attention1_value"
            assert own == mix.name.replace("values", "value")

    def test_what_attention_reads_and_a_cache_would_keep_is_mixed(self):
        network = model(kr.parts.value_residual(self.BLOCKS))
        heads = calls(network, kr.layers.HeadAttention)
        read = [made_by(one.input[2]) for one in heads]
        assert read[1:] == [mix.name for mix in calls(network, ValueMix)]

    def test_both_numbers_learn_from_one_half(self):
        network = model(kr.parts.value_residual(self.BLOCKS))
        network.compile(keras.optimizers.SGD(1.0), "mse")
        x = drawn(3, *STEPS)
        numbers = [w for w in network.trainable_weights if w.ndim == 0]
        assert list(map(number, numbers)) == [0.5] * 6
        network.train_on_batch(x, -x)
        assert 0.5 not in map(number, numbers)
        assert {id(w) for w in numbers} <= {id(w) for w in kr.no_decay(network)}

    def test_fixed_ones_are_not_trained_and_shared_ones_not_made(self):
        def weights(mix):
            return model(kr.parts.value_residual(self.BLOCKS, mix=mix))

        fixed, shared = weights("fixed"), weights("shared")
        assert len(fixed.non_trainable_weights) == 6
        assert sum("value/kernel" in w.path for w in shared.weights) == 1

    def test_a_recipe_that_is_called_twice_keeps_values_apart(self):
        part = kr.parts.value_residual(self.BLOCKS[:2])
        network = model(lambda x: part(x, name="a") + part(x, name="b"))
        first = [made_by(mix.input[0]) for mix in calls(network, ValueMix)]
        assert sorted(name[0] for name in first) == ["a", "b"]

    def test_any_connection_runs_inside(self):
        branches = [[kr.norm("layer"), kr.parts.attention(2)]] * 3
        via = kr.connections.hyper(streams=2)
        network = model(
            kr.parts.value_residual(lambda x: kr.connect(x, branches, via=via))
        )
        assert len(calls(network, ValueMix)) == 2

    def test_padding_is_read_by_nobody(self):
        network = model(
            kr.parts.value_residual([kr.parts.attention(2)] * 2), masked=True
        )
        x = drawn(1, *STEPS)
        x[:, 4:] = 0
        short = model(
            kr.parts.value_residual([kr.parts.attention(2)] * 2), (4, 8), masked=True
        )
        short.set_weights(network.get_weights())
        np.testing.assert_allclose(
            outputs(network, x)[:, :4], outputs(short, x[:, :4]), atol=1e-6
        )
