"""A unit that is added changes nothing at first, and can learn."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.common.errors import ResidualError

from .surgery import loads, out, randomised

_RNG = np.random.default_rng(0)
PICTURES = _RNG.standard_normal((3, 8, 8, 3)).astype("float32")
WORDS = _RNG.standard_normal((2, 5, 8)).astype("float32")


def pictures():
    x = inputs = keras.Input((8, 8, 3))
    x = kr.conv(4, 3)(x, name="stem")
    x = kr.blocks.basic(4)(x, name="one")
    x = kr.blocks.basic(4)(x, name="two")
    x = kr.blocks.basic(6, stride=2)(x, name="wider")
    x = kr.nest(kr.blocks.preactivation(6))(x, name="three")
    x = layers.Dense(2, name="head")(layers.GlobalAveragePooling2D()(x))
    return randomised(keras.Model(inputs, x))


def transformer():
    """Two blocks with the norm before: attention, and a gate times a feed-forward."""
    x = inputs = keras.Input((5, 8))
    for n in "12":
        y = layers.LayerNormalization(name=f"norm_a{n}")(x)
        y = layers.MultiHeadAttention(2, 4, dropout=0.1, name=f"attend{n}")(y, y)
        x = layers.Add(name=f"a{n}")([x, y])
        y = layers.RMSNormalization(name=f"norm_f{n}")(x)
        gate = layers.Dense(16, "silu", name=f"gate{n}")(y)
        y = layers.Multiply(name=f"gated{n}")(
            [gate, layers.Dense(16, name=f"up{n}")(y)]
        )
        y = layers.Dropout(0.1)(layers.Dense(8, name=f"down{n}")(y))
        x = layers.Add(name=f"f{n}")([x, y])
    x = layers.LayerNormalization(name="last")(x)
    return randomised(keras.Model(inputs, layers.Dense(3, name="head")(x)))


@pytest.fixture(scope="module")
def convolutional():
    return pictures()


@pytest.fixture(scope="module")
def attentive():
    return transformer()


def numbers(weight):
    return keras.ops.convert_to_numpy(weight)


@pytest.mark.parametrize("init", ["zero", "copy"])
def test_convolutions_keep_the_function(convolutional, init, tmp_path):
    units = kr.find_residuals(convolutional)
    places = [unit for unit in units if unit.kind == "identity"]
    assert len(places) == 3
    done = kr.rewire.add_units(convolutional, places, init=init)
    np.testing.assert_allclose(
        out(done.model, PICTURES), out(convolutional, PICTURES), atol=1e-5
    )
    assert len(kr.find_residuals(done.model)) == len(units) + 3
    assert done.proof.comparisons
    loads(done.model, tmp_path, PICTURES)


@pytest.mark.parametrize("init", ["zero", "copy"])
def test_blocks_of_attention_keep_the_function(attentive, init, tmp_path):
    done = kr.rewire.add_units(attentive, [("a1", "f1"), "f2"], init=init)
    np.testing.assert_allclose(out(done.model, WORDS), out(attentive, WORDS), atol=1e-5)
    paths = [unit.path for unit in kr.find_residuals(done.model)]
    assert paths == ["a1", "f1", "a1_copy", "f1_copy", "a2", "f2", "f2_copy"]
    loads(done.model, tmp_path, WORDS)


def test_a_copy_holds_the_weights_but_for_the_last(attentive):
    new = kr.rewire.add_units(attentive, [("a1", "f1")], init="copy").model
    for name in ("norm_a1", "gate1", "up1", "attend1"):
        pairs = zip(
            attentive.get_layer(name).weights,
            new.get_layer(f"{name}_copy").weights,
            strict=True,
        )
        for old, copied in pairs:
            if "attention_output" in old.path:
                assert not numbers(copied).any()
            else:
                np.testing.assert_array_equal(numbers(copied), numbers(old))
    assert not any(numbers(w).any() for w in new.get_layer("down1_copy").weights)
    assert numbers(new.get_layer("down1").kernel).any()


def test_new_weights_are_not_those_of_the_old(attentive):
    new = kr.rewire.add_units(attentive, "f1", init="zero").model
    old, fresh = (numbers(new.get_layer(n).kernel) for n in ("up1", "up1_copy"))
    assert fresh.any()
    assert not np.allclose(old, fresh)


def test_what_was_added_learns(attentive):
    new = kr.rewire.add_units(attentive, "f1", init="copy").model
    before = numbers(new.get_layer("down1_copy").kernel)
    new.compile("sgd", "mse")
    new.train_on_batch(WORDS, np.ones((2, 5, 3), "float32"))
    assert np.abs(numbers(new.get_layer("down1_copy").kernel) - before).max() > 0


def test_stacking_is_the_unit_twice(attentive):
    """Against the original's own layers, called by hand."""
    done = kr.rewire.add_units(attentive, "f1", init="stack")
    assert "another function" in str(done)
    unit = keras.Model(
        attentive.get_layer("a1").output, attentive.get_layer("f1").output
    )
    rest = keras.Model(attentive.get_layer("f1").output, attentive.output)
    start = keras.Model(attentive.input, attentive.get_layer("f1").output)
    np.testing.assert_allclose(
        out(done.model, WORDS), out(rest, unit(start(WORDS))), atol=1e-5
    )


def test_a_place_can_be_used_again(attentive):
    once = kr.rewire.add_units(attentive, "f1").model
    twice = kr.rewire.add_units(once, "f1", init="copy").model
    paths = [unit.path for unit in kr.find_residuals(twice)]
    assert paths == ["a1", "f1", "f1_copy2", "f1_copy", "a2", "f2"]


def unit_of(branch, merge=None):
    x = inputs = keras.Input((4,))
    x = layers.Dense(4, name="stem")(x)
    y = (merge or layers.Add(name="add"))([x, branch(x)])
    return keras.Model(inputs, layers.Dense(2, name="head")(y))


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", keras.ops.cos])
def test_an_end_that_is_not_zero_at_zero_is_refused(activation):
    model = unit_of(layers.Dense(4, activation, name="last"))
    with pytest.raises(ResidualError, match="last"):
        kr.rewire.add_units(model, "add")


def test_a_norm_behind_the_sum_is_refused():
    x = inputs = keras.Input((5, 4))
    for n in "12":
        x = layers.LayerNormalization(name=f"n{n}")(x)
        x = layers.Add(name=f"add{n}")([x, layers.Dense(4, name=f"d{n}")(x)])
    model = keras.Model(inputs, layers.LayerNormalization(name="n3")(x))
    with pytest.raises(ResidualError, match="a norm follows its sum"):
        kr.rewire.add_units(model, "add1", init="copy")
    done = kr.rewire.add_units(model, "add1", init="stack")
    names = [layer.name for layer in done.model.layers]
    assert names.index("n2") < names.index("add1_copy") < names.index("n2_copy")


def test_a_projection_is_refused(convolutional):
    wider = next(u for u in kr.find_residuals(convolutional) if u.kind != "identity")
    with pytest.raises(ResidualError, match="projection unit"):
        kr.rewire.add_units(convolutional, wider)


@pytest.mark.parametrize("init", ["zero", "copy", "stack"])
def test_what_is_advised_for_a_projection_works(convolutional, init):
    units = kr.find_residuals(convolutional)
    wider = next(unit for unit in units if unit.kind != "identity")
    with pytest.raises(ResidualError) as refused:
        kr.rewire.add_units(convolutional, wider, init=init)
    assert "stack" not in refused.value.write
    path = refused.value.write.split("'")[1]
    done = kr.rewire.add_units(convolutional, path, init=init)
    assert len(kr.find_residuals(done.model)) == len(units) + 1


def test_stacking_is_advised_where_it_works():
    model = unit_of(layers.Dense(4, "softmax", name="last"))
    with pytest.raises(ResidualError, match='init="stack", which is another'):
        kr.rewire.add_units(model, "add")
    assert kr.rewire.add_units(model, "add", init="stack").changes


def test_a_block_has_no_gaps(attentive):
    with pytest.raises(ResidualError, match="do not follow each other"):
        kr.rewire.add_units(attentive, [("a1", "a2")])


def test_the_model_is_not_changed(attentive):
    before = [numbers(w) for w in attentive.weights]
    config = attentive.get_config()
    kr.rewire.add_units(attentive, [("a2", "f2")], init="copy")
    assert attentive.get_config() == config
    for weight, old in zip(attentive.weights, before, strict=True):
        np.testing.assert_array_equal(numbers(weight), old)
