"""The rule on masks sees where one is lost, and nothing near it."""

import warnings

import keras
import pytest
from checks.small import STEPS, added, found, paths
from graph.unfolding.textbook import Deaf
from keras import layers, ops

import keras_residual as kr
from keras_residual.checks.streams import masked
from keras_residual.compose.layers.streams.depth import DynamicDepthSum
from keras_residual.graph.graph import Graph

pytestmark = pytest.mark.filterwarnings("ignore:.*does not support masking")


def embedded():
    tokens = keras.Input((6,))
    return layers.Embedding(9, 4, mask_zero=True)(tokens), tokens


class TestDroppedMask:
    @pytest.mark.parametrize(
        "reader",
        [
            layers.GlobalAveragePooling1D(),
            layers.GRU(3),
            lambda y: layers.GlobalAveragePooling1D()(layers.Dense(3)(y)),
            layers.Identity(),
            lambda y: layers.MultiHeadAttention(1, 2)(y, y),
        ],
    )
    def test_flagged(self, reader):
        x, tokens = embedded()
        y = added(x, layers.Conv1D(4, 3, padding="same")(x))
        assert paths("KR203", reader(y), tokens) == ["add"]
        x, tokens = embedded()
        assert len(found("KR203", reader(x + layers.Dense(4)(x)), tokens)) == 1

    @pytest.mark.parametrize("reader", [layers.Flatten(), layers.Conv1D(2, 3)])
    def test_nobody_would_read_it(self, reader):
        x, tokens = embedded()
        y = added(x, layers.Conv1D(4, 3, padding="same")(x))
        assert found("KR203", layers.Dense(2)(reader(y)), tokens) == []

    def test_kept(self):
        x, tokens = embedded()
        y = added(x, layers.Dense(4)(layers.LayerNormalization()(x)))
        assert found("KR203", layers.GlobalAveragePooling1D()(y), tokens) == []

    def test_put_back(self):
        x, tokens = embedded()
        y = kr.Residual(kr.conv(4))(x)
        assert found("KR203", layers.GlobalAveragePooling1D()(y), tokens) == []

    def test_without_masks(self):
        x = keras.Input(STEPS)
        y = x + layers.Conv1D(4, 3, padding="same")(x)
        assert found("KR203", layers.GlobalAveragePooling1D()(y), x) == []

    def test_in_a_nested_model(self):
        inner = keras.Input(STEPS)
        y = layers.Conv1D(4, 3, padding="same")(inner)
        block = keras.Model(inner, layers.Add(name="sum")([inner, y]), name="block")
        x, tokens = embedded()
        y = layers.GlobalAveragePooling1D()(block(x))
        assert paths("KR203", y, tokens) == ["block/sum"]

    @pytest.mark.parametrize("hears", [True, False])
    def test_in_a_layer_that_says_which_mask_it_returns(self, hears):
        x, tokens = embedded()
        y = layers.GlobalAveragePooling1D()(Deaf(hears, name="block")(x))
        model = keras.Model(tokens, y)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Layer .* does not support masking")
            findings = kr.check(model, select=["KR203"])
        assert [one.path for one in findings] == ([] if hears else ["block/add"])

    @pytest.mark.parametrize(
        "layer",
        [
            *(layers.Dense(4), layers.Conv1D(4, 3), layers.LayerNormalization()),
            *(layers.Dropout(0.1), layers.ReLU(), layers.Flatten()),
            *(layers.GRU(4, return_sequences=True), layers.GRU(4)),
            *(layers.GlobalAveragePooling1D(), layers.Permute((2, 1))),
            layers.TimeDistributed(layers.Dense(2)),
            layers.Bidirectional(layers.GRU(2, return_sequences=True)),
            lambda x: layers.MultiHeadAttention(1, 2)(x, x),
            lambda x: layers.Attention()([x, x]),
            lambda x: layers.Add()([x, layers.Dense(4)(x)]),
            lambda x: layers.Add()([x, layers.Flatten()(x)[:, None, :4]]),
            lambda x: layers.Concatenate()([x, ops.relu(x)]),
            lambda x: x + x,
            layers.GRU(4, return_sequences=True, return_state=True),
            lambda x: layers.MultiHeadAttention(1, 2)(
                x, x, return_attention_scores=True
            ),
            lambda x: DynamicDepthSum(ways=2)([x, x]),
        ],
    )
    def test_masks_go_where_keras_lets_them(self, layer):
        x, tokens = embedded()
        several = keras.tree.flatten(layer(x))
        has = [getattr(y, "_keras_mask", None) is not None for y in several]
        found = masked(Graph(keras.Model(tokens, several)))
        assert found[-len(has) :] == has

    def test_ways_that_are_masked(self):
        x, tokens = embedded()
        layer = [[kr.norm("rms"), kr.parts.attention(2)], kr.dense(4)]
        y = kr.connect(x, layer * 2, via=kr.connections.mudd(each=2, ways="all"))
        assert found("KR203", y, tokens) == []
