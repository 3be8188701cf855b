"""What `replace` swaps computes what the new words say, with the weights of the old."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .surgery import GIVEN, loads, randomised

PICTURES = np.random.default_rng(0).standard_normal((3, 8, 8, 4)).astype("float32")


def numbers(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor), "float64")


def network(units=2):
    x = inputs = keras.Input((8, 8, 4), name="x")
    for k in range(units):
        x = kr.blocks.basic(4)(x, name=f"unit{k}")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return randomised(keras.Model(inputs, layers.Dense(2, name="head")(x)))


def dense_model():
    x = keras.Input((4,), name="x")
    y = layers.Dense(4, activation="relu", name="fused")(x)
    y = layers.LayerNormalization(name="norm", epsilon=1e-3)(y)
    y = layers.ReLU(name="act")(y)
    y = layers.Activation("sigmoid", name="gate")(y)
    return randomised(keras.Model(x, layers.Dense(2, name="head")(y)))


def by_hand(model, activation, *, mean=True):
    """Computes the dense model in double precision, with another activation."""
    w = {v.path: numbers(v) for v in model.weights}
    y = activation(GIVEN @ w["fused/kernel"] + w["fused/bias"])
    centred = y - y.mean(-1, keepdims=True) if mean else y
    y = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-3)
    y = y * w["norm/gamma"] + (w["norm/beta"] if mean else 0)
    y = 1 / (1 + np.exp(-activation(y)))
    return y @ w["head/kernel"] + w["head/bias"]


def test_activations_alone_and_in_layers(tmp_path):
    model = dense_model()
    done = kr.rewire.replace(model, activation="elu")

    def elu(x):
        return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)

    expected = by_hand(model, elu)
    np.testing.assert_allclose(
        numbers(done.model(GIVEN)), expected, rtol=1e-4, atol=1e-5
    )
    assert [change.path for change in done.changes] == ["fused", "act"]
    assert [(one.path, one.why) for one in done.left] == [
        ("gate", "it is a gate or an output")
    ]
    assert "computes another function" in str(done)
    loads(done.model, tmp_path)


def test_one_activation_in_many_places_becomes_many(tmp_path):
    x, relu = keras.Input((4,)), layers.ReLU(name="relu")
    y = relu(layers.Dense(4)(relu(layers.Dense(4)(relu(layers.Dense(4)(x))))))
    done = kr.rewire.replace(keras.Model(x, layers.Dense(2)(y)), activation="gelu")
    assert len({layer.name for layer in done.model.layers}) == 8
    loads(done.model, tmp_path)


def padded_pool(act):
    """A max-pool padded with zeros, as in Keras's ResNet50, and one more reader."""
    x = keras.Input((8, 8, 4))
    y = act(name="act")(x)
    z = layers.ZeroPadding2D(1, name="zeros")(y)
    z = layers.MaxPooling2D(3, 2, name="largest")(z)
    return keras.Model(x, [z, layers.AveragePooling2D(2)(y)])


@pytest.mark.parametrize(
    "act",
    [
        layers.ReLU,
        partial(layers.Activation, "relu6"),
        partial(layers.Conv2D, 4, 1, activation="relu"),
    ],
)
def test_zeros_win_over_no_negative_number(act):
    done = kr.rewire.replace(padded_pool(act), activation="leaky_relu")
    assert done.changes == ()
    assert [(one.path, one.why) for one in done.left] == [
        ("act", "zeros pads with zeros for largest, and they win over negative numbers")
    ]


@pytest.mark.parametrize(
    ("act", "given"),
    [
        (layers.ReLU, "relu6"),
        (layers.ReLU, kr.act("relu")),
        (partial(layers.ReLU, negative_slope=0.1), "gelu"),  # zeros won before, too
    ],
)
def test_what_pads_with_zeros_goes_on_as_before(act, given):
    done = kr.rewire.replace(padded_pool(act), activation=given)
    assert [change.path for change in done.changes] == ["act"]
    assert done.left == ()


def test_a_symmetric_pool_of_ours_keeps_its_rectifier():
    model = kr.models.build("resnet18", input_shape=(32, 32, 3))
    done = kr.rewire.replace(model, activation="gelu")
    assert [(one.path, one.why) for one in done.left] == [
        (
            "stem_relu1",
            "stem_pad2 pads with zeros for stem_pool1, and they win over negative "
            "numbers",
        )
    ]
    acts = [x for x in done.model.layers if isinstance(x, layers.Activation)]
    assert [x.name for x in acts if x.activation is keras.activations.relu] == [
        "stem_relu1"
    ]
    assert len(acts) == len(done.changes) + 1 == 17


def test_norms_take_over_scale_and_shift(tmp_path):
    model = dense_model()
    given = layers.RMSNormalization(epsilon=1e-3)
    done = kr.rewire.replace(model, norm=given)
    expected = by_hand(model, lambda x: np.maximum(x, 0), mean=False)
    assert done.changes[0].what.endswith("keeps gamma; loses beta")
    np.testing.assert_allclose(
        numbers(done.model(GIVEN)), expected, rtol=1e-4, atol=1e-5
    )
    loads(done.model, tmp_path)


def test_batch_norms_become_group_norms(tmp_path):
    model = network()
    done = kr.rewire.replace(model, norm="group")
    kinds = [type(layer).__name__ for layer in done.model.layers]
    assert kinds.count("GroupNormalization") == 4
    assert "BatchNormalization" not in kinds
    assert {c.what for c in done.changes} == {
        "is another norm now; keeps gamma and beta; "
        "loses moving_mean and moving_variance"
    }
    old, new = (
        next(x for x in one.layers if isinstance(x, kind))
        for one, kind in (
            (model, layers.BatchNormalization),
            (done.model, layers.GroupNormalization),
        )
    )
    np.testing.assert_array_equal(numbers(old.gamma), numbers(new.gamma))
    loads(done.model, tmp_path, PICTURES)


def test_stochastic_depth_grows_with_depth_and_keeps_the_function(tmp_path):
    done = kr.rewire.replace(network(4), drop_path=(0.4, "linear"))
    rates = [x.rate for x in done.model.layers if isinstance(x, layers.Dropout)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert done.proof.comparisons
    assert done.proof.largest == 0
    again = kr.rewire.replace(done.model, drop_path=(0.4, "constant"))
    assert again.changes == ()
    assert len(again.left) == 4
    loads(done.model, tmp_path, PICTURES)


def test_a_dropped_branch_leaves_the_shortcut():
    model = network(1)
    new = kr.rewire.replace(model, drop_path=(0.999999, "constant")).model
    start = keras.Model(new.input, new.get_layer("pool").output)
    pooled = numbers(start(PICTURES, training=True))
    expected = np.maximum(PICTURES, 0).mean((1, 2))
    np.testing.assert_allclose(pooled, expected, rtol=1e-5, atol=1e-5)


def test_squeeze_and_excitation_is_as_written(tmp_path):
    done = kr.rewire.replace(network(1), se=2)
    model = randomised(done.model)
    merge = next(x for x in model.layers if isinstance(x, layers.Add))
    product = next(x for x in model.layers if isinstance(x, layers.Multiply))
    assert any(tensor is product.output for tensor in merge.input)
    taps = keras.Model(model.input, [product.input[0], product.output])
    u, found = map(numbers, taps(PICTURES, training=False))
    first, second = (
        x for x in model.layers if isinstance(x, layers.Dense) and x.name != "head"
    )
    z = u.mean((1, 2)) @ numbers(first.kernel) + numbers(first.bias)
    z = np.maximum(z, 0) @ numbers(second.kernel) + numbers(second.bias)
    expected = u / (1 + np.exp(-z))[:, None, None]
    assert first.kernel.shape == (4, 2)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    loads(model, tmp_path, PICTURES)


def test_excitation_stands_before_what_drops_the_branch():
    done = kr.rewire.replace(network(1), se=4, drop_path=0.2)
    names = [type(layer).__name__ for layer in done.model.layers]
    assert names.index("Multiply") < names.index("Dropout") < names.index("Add")
    again = kr.rewire.replace(done.model, se=4)
    names = [type(layer).__name__ for layer in again.model.layers]
    assert names.count("Multiply") == 2
    assert names.index("Dropout") > len(names) - names[::-1].index("Multiply") - 1


def test_excitation_keeps_a_constant_behind_it(tmp_path):
    x = keras.Input((8, 8, 4))
    y = keras.layers.Add()([x, 0.5 * layers.Conv2D(4, 1, name="change")(x)])
    new = kr.rewire.replace(keras.Model(x, y), se=2).model
    product = next(layer for layer in new.layers if isinstance(layer, layers.Multiply))
    taps = keras.Model(new.input, [product.output, new.output])
    weighed, found = map(numbers, taps(PICTURES, training=False))
    np.testing.assert_allclose(found, PICTURES + 0.5 * weighed, rtol=1e-4, atol=1e-5)
    loads(new, tmp_path, PICTURES)


def test_excitation_finds_the_channels_where_the_model_has_them():
    x = keras.Input((4, 8, 6))
    conv = layers.Conv2D(4, 1, data_format="channels_first")
    new = kr.rewire.replace(keras.Model(x, layers.Add()([x, conv(x)])), se=2).model
    (product,) = [one for one in new.layers if isinstance(one, layers.Multiply)]
    assert [tuple(t.shape[1:]) for t in product.input] == [(4, 8, 6), (4, 1, 1)]
    assert keras.config.image_data_format() == "channels_last"


def test_what_has_no_positions_takes_no_excitation():
    x = keras.Input((4,))
    y = layers.Add(name="add")([x, layers.Dense(4)(x)])
    done = kr.rewire.replace(keras.Model(x, layers.Dense(2)(y)), se=2)
    assert done.changes == ()
    assert "no positions" in done.left[0].why


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "asked for nothing"),
        ({"se": 0}, "se=16"),
        ({"drop_path": (0.1, "cosine")}, "schedule"),
        ({"drop_path": 1.0}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        kr.rewire.replace(network(1), **given)


def test_a_layer_that_is_left_keeps_its_own_activation():
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(3, 3, padding="same", activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    done = kr.rewire.replace(model, activation=kr.conv(5, 1))
    assert not done.changes
    x = np.random.default_rng(0).standard_normal((2, 4, 4, 3)).astype("float32")
    found, expected = (
        keras.ops.convert_to_numpy(each(x)) for each in (done.model, model)
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("how", ["lora", "int8", "int4"])
def test_activations_of_layers_that_are_adapted_stay_inside(how):
    inputs = keras.Input((8,))
    layer = layers.Dense(8, activation="relu", name="dense")
    model = keras.Model(inputs, layers.Add()([inputs, layer(inputs)]))
    layer.enable_lora(2) if how == "lora" else layer.quantize(how)
    replaced = kr.rewire.replace(model, activation="gelu")
    assert not replaced.changes
    assert [one.why for one in replaced.left] == [
        "its weights are quantised or adapted"
    ]
