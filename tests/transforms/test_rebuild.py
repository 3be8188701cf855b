"""A rebuilt model is the old one again: layers, weights, names, flags, sharing."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph.precision import whole_products
from keras_residual.transforms import prove
from keras_residual.transforms.call import NewLayer, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.rebuild import rebuild

from .random_graphs import randomise


def again(model):
    """Rebuilds a model, and asks for equal numbers, names and structures."""
    new = rebuild(Draft(model))
    assert prove(model, new).largest == 0
    assert [layer.name for layer in new.layers] == [x.name for x in model.layers]
    assert [w.name for w in new.weights] == [w.name for w in model.weights]
    assert new.name == model.name
    assert not {id(x) for x in new.layers} & {id(x) for x in model.layers}
    return new


def vector(size=8, **options):
    return keras.Input((size,), **options)


def test_a_functional_model_with_structures():
    a, b = vector(name="a"), vector(4, name="b")
    dense = layers.Dense(4)
    y = layers.Add()([dense(a), layers.Dense(4)(b)]) + 2 * layers.Dense(4)(a)
    model = keras.Model({"a": a, "b": b}, {"sum": y, "more": [y[:, 1:], a]})
    new = again(model)
    assert set(new.output) == {"sum", "more"}
    assert len(new.output["more"]) == 2


def test_sequential_stays_sequential_with_its_masks():
    parts = [
        layers.Embedding(20, 8, mask_zero=True),
        layers.Dropout(0.1),
        layers.Bidirectional(layers.GRU(3, return_sequences=True)),
        layers.LSTM(4),
    ]
    model = keras.Sequential([keras.Input((5,)), *parts], name="words")
    assert isinstance(again(model), keras.Sequential)


def test_masks_reach_attention():
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 8, mask_zero=True)(tokens)
    y = layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x)])
    model = keras.Model(tokens, layers.GlobalAveragePooling1D()(y))
    new = again(model)
    given = np.array([[3, 5, 0, 0]])
    with whole_products():  # one is compiled, the other is not
        found, right = new.predict(given, verbose=0), _run(model, given)
    np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-6)


def _run(model, given):
    return keras.ops.convert_to_numpy(model(given, training=False))


def test_nested_models_stay_nested_and_shared():
    a = vector()
    block = keras.Model(a, layers.Add()([a, layers.Dense(8)(a)]), name="block")
    chain = keras.Sequential([vector(), layers.ReLU(), block], name="chain")
    x = vector()
    new = again(keras.Model(x, block(chain(block(x)))))
    assert isinstance(new.get_layer("chain"), keras.Sequential)
    assert new.get_layer("chain").layers[-1] is new.get_layer("block")
    assert len(new.weights) == 2


def test_flags_and_policies_are_kept():
    keras.config.set_dtype_policy("mixed_float16")
    x = vector()
    y = layers.BatchNormalization(name="norm")(layers.Dense(4, name="dense")(x))
    model = keras.Model(x, layers.Activation("relu", dtype="float32")(y))
    keras.config.set_dtype_policy("float32")
    model.get_layer("norm").trainable = False
    new = again(model)
    assert not new.get_layer("norm").trainable
    assert new.get_layer("dense").trainable
    assert new.dtype_policy.name == "mixed_float16"
    assert [w.trainable for w in new.weights] == [w.trainable for w in model.weights]
    assert keras.config.dtype_policy().name == "float32"
    model.get_layer("dense").bias.trainable = False  # one weight of a layer
    new = rebuild(Draft(model))
    assert [w.trainable for w in new.weights] == [w.trainable for w in model.weights]
    model.trainable = False
    assert not rebuild(Draft(model)).trainable_weights


def test_a_call_in_training_mode_is_kept():
    x = vector()
    norm = layers.BatchNormalization(name="norm")
    new = rebuild(Draft(keras.Model(x, norm(x, training=True))))
    given = np.random.default_rng(0).random((16, 8), "float32") + 3
    made = keras.ops.convert_to_numpy(new(given))
    assert np.abs(made.mean(0)).max() < 1e-3


def test_the_old_model_is_not_touched():
    model = keras.Sequential([vector(), layers.Dense(4)])
    before, dense = model.to_json(), model.layers[0]
    rebuild(Draft(model))
    assert model.to_json() == before
    assert len(dense._inbound_nodes) == 1


def test_own_layers_and_lambdas():
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    shift = 3.0
    x = vector()
    y = layers.Lambda(lambda v: v + shift)(Twice()(x))
    again(keras.Model(x, kr.layers.Scale(0.5)(y)))


def test_a_layer_without_settings_is_copied_by_what_it_holds_or_named():
    class Closed(keras.layers.Layer):
        def __init__(self, function):
            super().__init__(name="closed")
            self.function = function

        def call(self, x):
            return self.function(x)

    x, dense = vector(), layers.Dense(8)
    again(keras.Model(x, Closed(keras.ops.relu)(x)))
    model = keras.Model(x, Closed(lambda x: dense(x) + x)(x))
    with pytest.raises(ValueError, match='Layer "closed": it cannot be made again'):
        rebuild(Draft(model))


def test_depth_is_not_limited():
    x = y = vector()
    blocks = [keras.Model(x, layers.ReLU()(x)) for _ in range(3)]
    for block in blocks:
        y = block(y)
    model = keras.Model(x, y)
    for _ in range(3):  # gradual: one model in another
        x = vector()
        model = keras.Model(x, model(x))
    again(model)


def test_two_thousand_calls_in_a_row():
    model = rebuild(Draft(keras.Model(x := vector(), layers.ReLU(name="r")(x))))
    draft = Draft(model)
    for k in range(2000):
        (end,) = keras.tree.flatten(draft.outputs)
        output = Value(end.shape, end.dtype)
        config = {"name": f"r{k}"}
        draft.replace(end, output)
        draft.insert(NewLayer(layers.ReLU, config), (end,), output)
    assert len(rebuild(draft).layers) == 2002


def test_edits():
    x = vector()
    y = layers.Dense(8, name="first")(x)
    z = layers.Dense(8, name="second")(layers.ReLU(name="relu")(y))
    model = keras.Model(x, [y, z])
    draft = Draft(randomise(model))
    first, relu, second = draft.calls
    draft.replace(relu.outputs[0], first.outputs[0])
    draft.remove(relu)
    twice = Value(second.outputs[0].shape, "float32")
    draft.replace(second.outputs[0], twice)
    scale = NewLayer(layers.Rescaling, {"name": "twice", "scale": 2.0, "offset": 0.0})
    draft.insert(scale, (second.outputs[0],), twice)
    new = rebuild(draft)
    assert [layer.name for layer in new.layers[1:]] == ["first", "second", "twice"]
    given = np.random.default_rng(1).random((3, 8), "float32")
    one, two = (model.get_layer(name) for name in ("first", "second"))
    want = 2 * keras.ops.convert_to_numpy(two(one(given)))
    np.testing.assert_allclose(_run_all(new, given)[1], want, rtol=1e-6)


def _run_all(model, given):
    return [keras.ops.convert_to_numpy(y) for y in model(given, training=False)]


def test_a_trained_state_is_copied():
    model = keras.Sequential(
        [vector(), layers.Normalization(), layers.Dropout(0.5, seed=1), layers.Dense(2)]
    )
    model.layers[0].adapt(np.random.default_rng(0).random((50, 8)) * 4 + 1)
    again(model)


def test_weights_go_by_layer_and_not_by_place():
    x = vector()
    left, right = layers.Dense(8, name="left"), layers.Dense(8, name="right")
    model = randomise(keras.Model(x, layers.Add()([right(x), left(x)])))
    new = again(model)
    for name in ("left", "right"):
        np.testing.assert_array_equal(
            new.get_layer(name).get_weights()[0], model.get_layer(name).get_weights()[0]
        )


def test_no_array_is_held_by_two_models():
    """On JAX a compiled step frees the arrays that it is given."""
    model = keras.Sequential([vector(), layers.Dense(2), layers.Dropout(0.1)])
    new = rebuild(Draft(model))
    given = np.ones((4, 8), "float32")
    new.compile("sgd", "mse")
    new.fit(given, np.ones((4, 2)), verbose=0)
    new.predict(given, verbose=0)
    assert np.isfinite(_run(model, given)).all()


def test_a_layer_that_was_quantised_late_is_copied_by_name():
    """Its copy is made quantised, with the kernel after what the quantiser keeps."""
    dense = layers.Dense(4)
    model = keras.Sequential([keras.Input((3,)), dense, layers.Dropout(0.1)])
    dense.quantize("float8")
    copy = kr.fuse(model).model.layers[0]
    for name in ("kernel", "bias", "inputs_scale"):
        kept = [keras.ops.convert_to_numpy(getattr(one, name)) for one in (dense, copy)]
        np.testing.assert_array_equal(*kept)
