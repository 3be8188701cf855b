"""A network of ResNet v1 becomes one of v2, with all of its kernels."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.compose.models.resnet import Variant

from .surgery import loads, out, randomised

PICTURES = np.random.default_rng(0).standard_normal((3, 8, 8, 3)).astype("float32")


def turned(model):
    return kr.rewire.replace(model, order="preactivation")


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def published(block, **given):
    """A network of two stages of two blocks, as `kr.models` builds them."""
    inputs = keras.Input((8, 8, 3))
    variant = Variant(block, (2, 2), "cifar", 11)
    return keras.Model(inputs, variant.unfold(inputs, 4, **given))


def of_kind(model, kind, shortcut):
    return [
        layer
        for layer in model.layers
        if isinstance(layer, kind) and ("shortcut" in layer.name) == shortcut
    ]


@pytest.mark.parametrize("drop_path", [None, kr.drop_path(0.2)])
def test_it_is_the_published_network_with_the_same_weights(drop_path, tmp_path):
    old = randomised(published(kr.blocks.bottleneck, drop_path=drop_path))
    new = published(kr.blocks.preactivation_bottleneck, drop_path=drop_path)
    for kind in (layers.Conv2D, layers.BatchNormalization, layers.Dense):
        for shortcut in (False, True):
            sources = of_kind(old, kind, shortcut)
            for layer, source in zip(
                of_kind(new, kind, shortcut), sources, strict=False
            ):
                layer.set_weights(source.get_weights())
    done = turned(old)
    assert done.model.count_params() == new.count_params()
    np.testing.assert_allclose(
        out(done.model, PICTURES), out(new, PICTURES), rtol=1e-4, atol=1e-4
    )
    assert "computes another function" in str(done)
    loads(done.model, tmp_path, PICTURES)


def by_hand():
    """Two identity units and a projection, written by somebody else."""

    def conv(x, filters, name, strides=1):
        x = layers.Conv2D(filters, 3, strides, padding="same", name=name)(x)
        return layers.BatchNormalization(name=f"{name}_bn")(x)

    relu = layers.ReLU(name="relu")  # one for all
    x = inputs = keras.Input((8, 8, 3))
    x = relu(conv(x, 4, "stem"))
    for k in "ab":
        y = conv(relu(conv(x, 4, f"{k}1")), 4, f"{k}2")
        x = relu(layers.Add(name=k)([y, x]))
    y = conv(relu(conv(x, 6, "c1", 2)), 6, "c2")
    x = relu(layers.Add(name="c")([conv(x, 6, "c0", 2), y]))
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return randomised(keras.Model(inputs, layers.Dense(2, name="head")(x)))


def test_each_layer_goes_where_the_paper_puts_it(tmp_path):
    done = turned(by_hand())
    at = done.model.get_layer
    names = [layer.name for layer in done.model.layers]
    assert "c0_bn" not in names

    def late(x, norm):
        return layers.ReLU()(at(f"{norm}_bn")(x, training=False))

    p = late(at("stem")(PICTURES), "stem")
    x = p + at("a2")(late(at("a1")(p), "a1"))
    p = late(x, "a2")
    x = x + at("b2")(late(at("b1")(p), "b1"))
    p = late(x, "b2")
    x = at("c0")(p) + at("c2")(late(at("c1")(p), "c1"))
    expected = at("head")(at("pool")(late(x, "c2")))
    np.testing.assert_allclose(
        out(done.model, PICTURES), numbers(expected), rtol=1e-4, atol=1e-4
    )
    kinds = [(unit.path, unit.kind) for unit in kr.find_residuals(done.model)]
    assert kinds == [("a", "identity"), ("b", "identity"), ("c", "projection")]
    gone = [change.path for change in done.changes if "is gone" in change.what]
    assert gone == ["c0_bn"]
    loads(done.model, tmp_path, PICTURES)


def test_all_else_keeps_its_weights_and_the_old_model_its_function():
    model = by_hand()
    before, old = out(model, PICTURES), {w.path: numbers(w) for w in model.weights}
    new = {w.path: numbers(w) for w in turned(model).model.weights}
    assert set(old) - set(new) == {path for path in old if path.startswith("c0_bn/")}
    for path, value in new.items():
        np.testing.assert_array_equal(value, old[path])
    np.testing.assert_array_equal(out(model, PICTURES), before)


def test_the_resnet_of_keras():
    model = keras.applications.ResNet50(
        weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    done = turned(model)
    assert done.left == ()
    before = {w.path: w for w in model.weights}
    for weight in done.model.weights:
        np.testing.assert_array_equal(numbers(weight), numbers(before[weight.path]))
    assert len(before) - len(done.model.weights) == 4 * 4  # norms on projections
    units = kr.find_residuals(done.model)
    assert len(units) == 16
    first = {unit.branches[0][0].kind for unit in units if unit.kind == "identity"}
    assert first == {"norm"}
    assert [unit.path for unit in units if unit.after] == [
        "conv2_block3_add",
        "conv3_block4_add",
        "conv4_block6_add",
        "conv5_block3_add",
    ]


def test_a_shortcut_without_weights_reads_what_the_branch_reads():
    done = turned(randomised(published(kr.blocks.basic, shortcut="zero_pad")))
    units = kr.find_residuals(done.model)
    assert [unit.kind for unit in units] == [
        "identity",
        "identity",
        "padded",
        "identity",
    ]
    assert units[2].entry.kind == "act"
    assert units[3].entry.path == units[2].path


def test_a_norm_of_zeros_would_let_nothing_through():
    model = published(kr.blocks.basic, zero_init=True)
    done = turned(model)
    reset = [change for change in done.changes if "it was zero" in change.what]
    assert len(reset) == 4
    answers = out(done.model, PICTURES)
    assert np.abs(answers[0] - answers[1]).max() > 1e-3
    norm = model.get_layer(reset[0].path)
    assert not numbers(norm.gamma).any()


def test_it_trains_on():
    model = turned(by_hand()).model
    labels = np.array([0, 1, 1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    losses = model.fit(PICTURES, labels, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


def test_it_goes_along_with_other_words(tmp_path):
    given = {"activation": "gelu", "norm": "group", "drop_path": 0.2, "se": 2}
    done = kr.rewire.replace(by_hand(), order="preactivation", **given)
    kinds = [type(layer).__name__ for layer in done.model.layers]
    assert "BatchNormalization" not in kinds
    assert kinds.count("Dropout") == kinds.count("Multiply") == 3
    assert kr.find_residuals(done.model)[1].branches[0][0].kind == "norm"
    loads(done.model, tmp_path, PICTURES)


def unit(*, branch, after="relu", shortcut="identity"):
    x = inputs = keras.Input((8, 8, 3))
    x = kr.Residual(branch, shortcut, activation=after)(x, name="unit")
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x))


def rectified_conv(x):
    return layers.Conv2D(3, 3, padding="same", activation="relu", name="bent")(x)


def shared_norm():
    norm, inputs = layers.BatchNormalization(name="bn"), keras.Input((8, 8, 3))
    y = norm(layers.Conv2D(3, 3, padding="same")(inputs))
    y = norm(layers.Conv2D(3, 3, padding="same")(y))
    return keras.Model(inputs, layers.ReLU()(layers.Add()([inputs, y])))


def frozen_norm():
    inputs = keras.Input((8, 8, 3))
    y = layers.Conv2D(3, 3, padding="same")(inputs)
    y = layers.BatchNormalization(name="bn")(y, training=False)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([inputs, y])))


def tapped():
    inputs = keras.Input((8, 8, 3))
    y = layers.Conv2D(3, 3, padding="same")(inputs)
    y = layers.Add()([inputs, layers.BatchNormalization()(y)])
    return keras.Model(inputs, [y, layers.ReLU()(y)])


def apart():
    x = inputs = keras.Input((8, 8, 3))
    for name in ("one", "two"):
        x = kr.nest(kr.blocks.basic(3))(x, name=name)
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x))


CONV = kr.conv(3, 3)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: published(kr.blocks.preactivation), "no activation reads the sum"),
        (lambda: unit(branch=[CONV, "relu", CONV]), "does not end in a convolution"),
        (lambda: unit(branch=[CONV, "relu", kr.norm()]), "does not end in a conv"),
        (lambda: unit(branch=[kr.norm(), CONV, kr.norm()]), "does not begin"),
        (
            lambda: unit(branch=[CONV, kr.norm()], shortcut=kr.norm()),
            "its shortcut is normalised",
        ),
        (
            lambda: unit(branch=[CONV, "relu", rectified_conv, kr.norm()]),
            "bent before its norm is not linear",
        ),
        (shared_norm, "a norm, is shared: called 2 times"),
        (frozen_norm, "bn is called with training"),
        (tapped, "the sum returns an output of the model"),
        (apart, "lie in different models"),
    ],
)
def test_what_is_no_unit_of_v1_is_left(make, why):
    model = make()
    done = turned(model)
    assert done.changes == ()
    assert {why in one.why for one in done.left} == {True}
    assert len(done.left) == len(kr.find_residuals(model))


def test_another_order_is_refused():
    with pytest.raises(ValueError, match='order="preactivation"'):
        kr.rewire.replace(by_hand(), order="v2")
