"""The rule on masks sees where one is lost, and nothing near it."""

import warnings

import keras
import numpy as np
import pytest
from checks.small import STEPS, added, found, paths
from graph.attention_masks import MASKS, embedded
from graph.unfolding.textbook import Deaf
from keras import layers, ops

import keras_residual as kr
from keras_residual.compose.layers.streams.depth import DynamicDepthSum
from keras_residual.graph.graph import Graph
from keras_residual.graph.masks import masked
from keras_residual.graph.numbers import numbers

pytestmark = pytest.mark.filterwarnings("ignore:.*does not support masking")


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

    @pytest.mark.parametrize("name", ["sum[0]", "[a]", "a]"])
    def test_named_as_one_of_several_outputs(self, name):
        x, tokens = embedded()
        y = layers.Add(name=name)([x, layers.Conv1D(4, 3, padding="same")(x)])
        assert paths("KR203", layers.GRU(3, name="b[1]")(y), tokens) == [name]

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


class TestTakenMask:
    """Keras itself says what padding changes: steps that are kept, and the loss."""

    @pytest.mark.parametrize("name", MASKS)
    def test_what_keras_does(self, name):
        make, takers = MASKS[name]
        x, tokens = embedded()
        model = keras.Model(tokens, make(x))
        model.compile(loss="mse")
        answers = [self.answered(model, padding) for padding in (0.0, 3.0)]
        heeded = all(
            np.allclose(*each, atol=1e-5) for each in zip(*answers, strict=True)
        )
        assert heeded == (takers == 0)
        findings = kr.check(model, select=["KR207"])
        assert len(findings) == takers, [str(one) for one in findings]

    def answered(self, model, padding):
        """The steps before the padding, and the loss, if padding holds a number."""
        table = next(one for one in model.layers if isinstance(one, layers.Embedding))
        weights = table.get_weights()[0]
        weights[0] = padding
        table.set_weights([weights])
        tokens = np.array([[1, 2, 3, 0, 0, 0]])
        answer = model(tokens)
        loss = model.compute_loss(y=ops.zeros_like(answer), y_pred=answer)
        found = numbers(answer)
        return found[:, :3] if found.ndim > 2 else found, numbers(loss)

    def test_it_names_the_taker_and_who_misses_the_mask(self):
        x, tokens = embedded()
        first = layers.MultiHeadAttention(1, 2, name="first")
        second = layers.MultiHeadAttention(1, 2, name="second")
        y = second(layers.Dense(4)(first(layers.Dense(4)(x), x)), x)
        (finding,) = kr.check(keras.Model(tokens, y), select=["KR207"])
        assert finding.path == "first"
        assert f'off "{x._keras_history.operation.name}"' in finding.message
        assert '"second" would read it later' in finding.message
        assert "own = kr.layers.OwnMask()(x)" in finding.help
