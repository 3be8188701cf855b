"""What is mended is found no more, computes the same, and trains the same."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.checks.catalogue import RULES
from keras_residual.transforms.mend.mending import FIXES

LAYERS = {
    "conv": lambda **more: keras.layers.Conv2D(4, 3, padding="same", **more),
    "depthwise": lambda **more: keras.layers.DepthwiseConv2D(3, padding="same", **more),
    "separable": lambda **more: keras.layers.SeparableConv2D(
        4, 3, padding="same", **more
    ),
    "transposed": lambda **more: keras.layers.Conv2DTranspose(
        4, 3, padding="same", **more
    ),
    "dense": lambda **more: keras.layers.Dense(4, **more),
}
X = np.random.default_rng(0).normal(size=(5, 6, 6, 4)).astype("float32")


def scattered(model, seed=1):
    """Gives every weight, the moving statistics too, a number that matters."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.3, 1.5, w.shape) for w in model.get_weights()])
    return model


def biased(make):
    inputs = keras.Input((6, 6, 4), name="x")
    y = make(name="linear")(inputs)
    y = keras.layers.BatchNormalization(name="norm")(y)
    return scattered(keras.Model(inputs, keras.layers.Add(name="add")([inputs, y])))


def numbers(value):
    return keras.ops.convert_to_numpy(value)


def test_the_fixable_rules_are_those_with_a_fix():
    assert {rule.code for rule in RULES if rule.fixable} == set(FIXES)


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_a_bias_goes_into_the_moving_mean(make):
    model = biased(make)
    mended = kr.mend(model)
    assert [c.kind for c in mended.changes] == ["KR303"]
    assert not mended.model.get_layer("linear").use_bias
    assert kr.check(mended.model, select=FIXES) == []
    assert mended.proof.comparisons
    training = [numbers(m(X, training=True)) for m in (model, mended.model)]
    np.testing.assert_allclose(training[1], training[0], atol=1e-5)
    after = [numbers(m(X, training=False)) for m in (model, mended.model)]
    np.testing.assert_allclose(after[1], after[0], rtol=1e-5, atol=1e-5)


def between(layer, *, norm=None, **more):
    inputs = keras.Input((6, 6, 4), name="x")
    y = keras.layers.Conv2D(4, 3, padding="same", name="linear", **more)(inputs)
    y = layer(y)
    y = (norm or keras.layers.BatchNormalization(name="norm"))(y)
    return scattered(keras.Model(inputs, keras.layers.Add(name="add")([inputs, y])))


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(lambda: between(keras.layers.Identity()), id="identity"),
        pytest.param(lambda: between(keras.layers.Activation("linear")), id="linear"),
        pytest.param(lambda: between(keras.ops.stop_gradient), id="stop_gradient"),
        pytest.param(
            lambda: between(
                lambda x: x, norm=keras.layers.GroupNormalization(4, name="norm")
            ),
            id="a group a channel",
        ),
    ],
)
def test_what_stands_between_and_leaves_numbers_alone_stays(model):
    model = model()
    mended = kr.mend(model)
    assert [c.kind for c in mended.changes] == ["KR303"]
    assert not mended.model.get_layer("linear").use_bias
    for training in (True, False):
        old, new = (numbers(m(X, training=training)) for m in (model, mended.model))
        np.testing.assert_allclose(new, old, atol=1e-5)


class Own(keras.layers.Conv2D):
    """A layer of a user's own."""


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda: between(lambda x: x, bias_regularizer="l2"), "bias_regularizer"),
        (
            lambda: between(lambda x: x, activity_regularizer="l2"),
            "activity_regularizer",
        ),
        (
            lambda: between(keras.layers.Identity(activity_regularizer="l2")),
            "activity_regularizer",
        ),
        (lambda: between(keras.layers.ActivityRegularization(0.1)), "may see the bias"),
        (lambda: between(keras.layers.Masking()), "is read by"),
        (lambda: biased(lambda **more: Own(4, 3, padding="same", **more)), "own"),
        (lambda: adapted("lora"), "quantised or adapted"),
        (lambda: adapted("int8"), "quantised or adapted"),
        (lambda: adapted("int4"), "quantised or adapted"),
    ],
)
def test_what_sees_the_bias_is_left_with_the_reason(model, why):
    model = model()
    mended = kr.mend(model)
    assert not mended.changes
    assert [why in left.why for left in mended.left if left.kind == "KR303"] == [True]


def adapted(how):
    model = biased(LAYERS["dense"])
    layer = model.get_layer("linear")
    if how == "lora":
        layer.enable_lora(2)
    else:
        layer.quantize(how)
    return model


def test_flags_and_settings_of_what_is_mended_stay():
    inputs = keras.Input((6, 6, 4), name="x")
    layer = LAYERS["conv"](name="linear", kernel_regularizer="l2")
    inner_norm = keras.layers.BatchNormalization(
        name="norm", gamma_constraint="non_neg"
    )
    inner = keras.Model(inputs, inner_norm(layer(inputs)), name="inner")
    inner.trainable = False
    layer.trainable = inner_norm.trainable = True
    inner_norm.beta.trainable = False
    outer = keras.Input((6, 6, 4))
    model = scattered(keras.Model(outer, keras.layers.Add()([outer, inner(outer)])))
    mended = kr.mend(model)
    assert [c.kind for c in mended.changes] == ["KR303"]
    new = mended.model.get_layer("inner")
    assert not new.trainable
    conv, norm = new.get_layer("linear"), new.get_layer("norm")
    assert conv.trainable
    assert norm.trainable
    assert not norm.beta.trainable
    assert norm.gamma.trainable
    assert conv.kernel_regularizer is not None
    assert norm.gamma_constraint is not None


def test_the_old_model_is_left_alone():
    model = biased(LAYERS["conv"])
    before = model.get_weights()
    kr.mend(model)
    assert model.get_layer("linear").use_bias
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def nested_sum():
    inputs = keras.Input((4,), name="x")
    inner_input = keras.Input((4,), name="y")
    change = keras.layers.Dense(4, name="dense")(inner_input)
    inner = keras.Model(inner_input, inner_input + change, name="inner")
    x = inner(inputs)
    return keras.Model(inputs, x + keras.layers.Dense(4, name="dense")(x))


def test_a_plus_becomes_a_layer_nested_too(tmp_path):
    model = nested_sum()
    assert len(kr.check(model, select=["KR504"])) == 2
    mended = kr.mend(model)
    assert len(mended.changes) == 2
    assert kr.check(mended.model, select=FIXES) == []
    kinds = [type(layer).__name__ for layer in mended.model.get_layer("inner").layers]
    assert kinds == ["InputLayer", "Dense", "Add"]
    mended.model.save(tmp_path / "mended.keras")
    again = keras.saving.load_model(tmp_path / "mended.keras")
    np.testing.assert_array_equal(numbers(again(X[0, 0])), numbers(model(X[0, 0])))


def test_what_is_shared_is_left_with_the_reason():
    inputs = keras.Input((6, 6, 4), name="x")
    conv, norm = LAYERS["conv"](name="conv"), keras.layers.BatchNormalization(name="n")
    y = norm(conv(norm(conv(inputs))))
    model = scattered(keras.Model(inputs, keras.layers.Add(name="a")([inputs, y])))
    mended = kr.mend(model)
    assert not mended.changes
    assert all("shared" in left.why for left in mended.left)
    assert len(mended.left) == len(kr.check(model, select=["KR303"]))


def test_only_what_is_asked_for():
    model = nested_sum()
    findings = kr.check(model, select=FIXES)
    mended = kr.mend(model, findings[:1])
    assert [c.path for c in mended.changes] == [findings[0].path]
    assert not kr.mend(model, []).changes


def test_mending_twice_changes_nothing():
    once = kr.mend(nested_sum()).model
    assert not kr.mend(once).changes
