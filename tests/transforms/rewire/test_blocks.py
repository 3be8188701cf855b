"""The units of one layer go together, with all that the layer does to the stream."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.common.errors import ResidualError

from .surgery import out, randomised

WORDS = np.random.default_rng(0).standard_normal((2, 5, 8)).astype("float32")


class Layer(layers.Layer):
    """Mixing and feed-forward of a transformer's layer, which says nothing of itself.

    The norms stand before the branches, or after the sums.
    """

    def __init__(self, after, name):
        super().__init__(name=name)
        self.after = after
        self.norms = [layers.LayerNormalization(name=f"norm{k}") for k in range(2)]
        self.mix = layers.Dense(8, "tanh", name="mix")
        self.up = layers.Dense(16, "tanh", name="up")
        self.down = layers.Dense(8, name="down")

    def build(self, shape):
        for one in (*self.norms, self.mix, self.up):
            one.build(shape)
        self.down.build((*shape[:-1], 16))

    def call(self, x, keep=None):
        for norm, branch in zip(self.norms, (self.mixed, self.fed), strict=True):
            change = branch(x if self.after else norm(x))
            if branch == self.mixed and keep is not None:
                change = change * keras.ops.expand_dims(keep, -1)
            x = norm(x + change) if self.after else x + change
        return x

    def mixed(self, x):
        return self.mix(x)

    def fed(self, x):
        return self.down(self.up(x))


def network(after=False, keep=None):
    x = inputs = keras.Input((5, 8), name="x")
    for k in range(3):
        x = Layer(after, name=f"layer{k}")(x, keep)
    x = layers.Dense(3, name="head")(x)
    return randomised(keras.Model([inputs, keep] if keep is not None else inputs, x))


@pytest.fixture(scope="module")
def hidden():
    """Models that hide their units, and the same opened."""
    both = {after: network(after) for after in (False, True)}
    return {after: (one, kr.unfold(one, WORDS).model) for after, one in both.items()}


def by_hand(model, names, x=WORDS):
    for name in names:
        x = model.get_layer(name)(x)
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("after", [False, True])
def test_a_block_goes_with_all_of_its_layer(hidden, after):
    model, opened = hidden[after]
    done = kr.rewire.drop_units(opened, "layer1", by="block")
    expected = by_hand(model, ["layer0", "layer2", "head"])
    np.testing.assert_allclose(out(done.model, WORDS), expected, rtol=1e-5, atol=1e-5)
    assert len(kr.find_residuals(done.model)) == 4
    assert [change.path for change in done.changes] == ["layer1"]


def test_a_unit_names_its_block(hidden):
    model, opened = hidden[False]
    units = [u for u in kr.find_residuals(opened) if u.path.startswith("layer0/")]
    done = kr.rewire.drop_units(opened, [*units, "layer2"], by="block")
    expected = by_hand(model, ["layer1", "head"])
    np.testing.assert_allclose(out(done.model, WORDS), expected, rtol=1e-5, atol=1e-5)


def test_a_model_that_hides_its_units_is_opened_first(hidden):
    model, _ = hidden[False]
    with pytest.raises(ResidualError, match=r"kr\.unfold\(model\)"):
        kr.rewire.drop_units(model, "layer1", by="block")


def test_what_only_the_unit_read_is_handed_over_no_more():
    model = network(keep=keras.Input((5,), name="keep"))
    keep = np.array([[1, 1, 1, 1, 0]] * 2, "float32")
    opened = kr.unfold(model, [WORDS, keep]).model
    new = kr.rewire.drop_units(opened, kr.find_residuals(opened)[0]).model
    x = keras.ops.convert_to_tensor(WORDS)
    first = model.get_layer("layer0")
    x = x + first.fed(first.norms[1](x))
    for name in ("layer1", "layer2"):
        x = model.get_layer(name)(x, keep)
    expected = keras.ops.convert_to_numpy(model.get_layer("head")(x))
    np.testing.assert_allclose(out(new, [WORDS, keep]), expected, rtol=1e-5, atol=1e-5)


def test_units_in_a_row_are_blocks_of_their_own():
    x = inputs = keras.Input((8,))
    for _ in range(2):
        x = layers.Add()([x, layers.Dense(8)(x)])
    stage = keras.Model(inputs, x, name="stage")
    inputs = keras.Input((8,))
    x = layers.Add(name="last")([stage(inputs), layers.Dense(8)(inputs)])
    model = keras.Model(inputs, layers.Dense(2)(x))
    first, *_ = units = kr.find_residuals(model)
    assert len(units) == 3
    by_block = kr.rewire.drop_units(model, first, by="block")
    assert by_block.changes == kr.rewire.drop_units(model, first).changes
    with pytest.raises(ResidualError, match="no such block"):
        kr.rewire.drop_units(model, "stage", by="block")


def influence(before, after):
    sizes = np.linalg.norm(before, axis=-1) * np.linalg.norm(after, axis=-1)
    return 1 - ((before * after).sum(-1) / sizes).mean()


def test_the_block_of_the_least_influence_goes_first(hidden):
    model, opened = hidden[False]
    labels = np.zeros((2, 5, 3), "float32")
    done = kr.rewire.prune_depth(
        opened, (WORDS, labels), tolerance=np.inf, by="loss", loss="mse", units="block"
    )
    points = [WORDS]
    for k in range(3):
        points.append(by_hand(model, [f"layer{k}"], points[-1]))
    said = [influence(points[k], points[k + 1]) for k in range(3)]
    assert done.dropped[0] == f"layer{np.argmin(said)}"
    assert [step.units for step in done.steps] == [6, 4, 2, 0]
    expected = ((by_hand(model, ["head"]) - labels) ** 2).mean()
    assert done.steps[-1].loss == pytest.approx(expected, rel=1e-4)


def test_a_block_comes_twice(hidden):
    model, opened = hidden[False]
    done = kr.rewire.add_units(opened, "layer1", init="copy")
    np.testing.assert_allclose(out(done.model, WORDS), out(model, WORDS), atol=1e-5)
    assert len(kr.find_residuals(done.model)) == 8


def test_the_words_for_blocks_are_told():
    x = inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Add()([x, layers.Dense(4)(x)]))
    with pytest.raises(ResidualError, match='units="block"'):
        kr.rewire.prune_depth(model, (WORDS, WORDS), tolerance=0, by="block")
