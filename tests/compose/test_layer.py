"""`kr.layer(block)` stands where Keras wants a layer, and is the block."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_residual as kr

X = np.random.default_rng(0).normal(size=(2, 6, 6, 4)).astype("float32")


def numbers(value):
    return keras.ops.convert_to_numpy(value)


def block(stride=1):
    """Two convolutions without norms: small, and different in training by dropout."""
    return kr.Residual([kr.conv(4, stride=stride), "relu", kr.dropout(0.5, seed=1)])


def flat(recipe, layer, shape):
    """The same block in a functional model, with the weights of the layer."""
    inputs = keras.Input(shape)
    model = keras.Model(inputs, recipe(inputs))
    model.set_weights(layer.get_weights())
    return model


@keras.saving.register_keras_serializable(package="tests")
class Twice(keras.Model):
    """A model of a user's own, which applies one block twice."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = kr.layer(block(), name="first")

    def call(self, x):
        return self.first(self.first(x))


def sequential():
    layers = [kr.layer(block(2), name="block"), keras.layers.Flatten()]
    return keras.Sequential([keras.Input((6, 6, 4)), *layers]), X


def distributed():
    inner = kr.layer(block(2), name="block")
    model = keras.Sequential(
        [keras.Input((3, 6, 6, 4)), keras.layers.TimeDistributed(inner)]
    )
    return model, np.stack([X, 2 * X, -X], axis=1)


def subclassed():
    model = Twice()
    model(X)
    return model, X


PLACES = [sequential, distributed, subclassed]


@pytest.mark.parametrize("place", PLACES)
def test_it_is_the_block_wherever_it_stands(place):
    model, x = place()
    found = numbers(model(x, training=False))
    if place is subclassed:
        plain = flat(block(), model.first, (6, 6, 4))
        expected = numbers(plain(plain(x)))
    else:
        plain = flat(block(2), model.layers[0], (6, 6, 4))
        pictures = x.reshape(-1, 6, 6, 4)
        expected = numbers(plain(pictures)).reshape(found.shape)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("place", PLACES)
def test_it_is_saved_and_loaded_by_keras(place, tmp_path):
    model, x = place()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(numbers(again(x)), numbers(model(x)))
    again.save(tmp_path / "again.keras")


def test_a_fresh_process_needs_the_package_and_no_recipe(tmp_path):
    model, x = sequential()
    model.save(tmp_path / "model.keras")
    code = (
        "import sys, json, numpy as np, keras, keras_residual as kr\n"
        "model = kr.open_model(sys.argv[1])\n"
        "y = model(np.load(sys.argv[2]), training=False)\n"
        "print(json.dumps(keras.ops.convert_to_numpy(y).tolist()))"
    )
    np.save(tmp_path / "x.npy", x)
    files = [tmp_path / "model.keras", tmp_path / "x.npy"]
    command = [sys.executable, "-c", code, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, numbers(model(x)), atol=1e-6)


def test_its_file_names_it_as_ours():
    config = keras.saving.serialize_keras_object(sequential()[0].layers[0])
    assert config["registered_name"] == "keras_residual>Block"
    assert "build_config" in config


def test_it_knows_training_from_inference():
    layer = kr.layer(block())
    training, inference = (numbers(layer(X, training=t)) for t in (True, False))
    assert (training != inference).any()


def test_one_call_after_the_other_shares_weights_at_any_size():
    layer = kr.layer(block())
    layer(X)
    larger = np.concatenate([X, X], axis=1)
    plain = flat(block(), layer, (None, None, 4))
    expected = numbers(plain(larger))
    np.testing.assert_allclose(numbers(layer(larger)), expected, atol=1e-6)
    inputs = keras.Input((None, None, 4))
    model = keras.Model(inputs, layer(layer(inputs)))
    assert model.output_shape == (None, None, None, 4)
    assert len(model.weights) == len(layer.weights) == 2


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_its_dtype_policy_is_that_of_its_layers(policy):
    layer = kr.layer(kr.blocks.basic(4), dtype=policy)
    y = layer(X)
    assert keras.backend.standardize_dtype(y.dtype) == policy.removeprefix("mixed_")
    assert {inner.dtype_policy.name for inner in layer.inner.layers[1:]} == {policy}
    assert {w.dtype for w in layer.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_it_takes_integers_where_the_block_does():
    layer = kr.layer([keras.layers.Embedding(5, 4), kr.conv(4)])
    assert layer(np.ones((2, 3), "int32")).shape == (2, 3, 4)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize(("stride", "steps"), [(1, 5), (2, 3)])
def test_it_keeps_the_mask(stride, steps):
    tokens = keras.Input((8,), dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(tokens)
    y = kr.layer(kr.Residual(kr.conv(4, stride=stride)))(x)
    model = keras.Model(tokens, [y, keras.layers.GlobalAveragePooling1D()(y)])
    y, mean = map(numbers, model(np.array([[1, 2, 3, 1, 2, 0, 0, 0]], "int32")))
    np.testing.assert_allclose(mean, y[:, :steps].mean(axis=1), atol=1e-6)


def test_it_unfolds_to_plain_layers_with_the_same_weights(tmp_path):
    layer = kr.layer(kr.blocks.basic(4), name="block")
    inputs = keras.Input((6, 6, 4))
    model = keras.Model(inputs, layer.unfold(inputs))
    assert "block_merge_add1" in [inner.name for inner in model.layers]
    assert all(type(i).__module__.startswith("keras.") for i in model.layers)
    np.testing.assert_array_equal(numbers(model(X)), numbers(layer(X, training=False)))
    assert {id(w) for w in model.weights} == {id(w) for w in layer.weights}


def test_readers_look_inside():
    inputs = keras.Input((6, 6, 4))
    y = kr.layer(kr.blocks.basic(4, norm="batch"), name="block")(inputs)
    model = keras.Model(inputs, y)
    assert [unit.path for unit in kr.find_residuals(model)] == [
        "block/block_merge_add1"
    ]
    assert kr.measure(model, X, columns=["ratio"], progress=False)["ratio"][0] > 0
    assert kr.find_residuals(model.layers[1])


def test_rewrites_work_inside(tmp_path):
    inputs = keras.Input((6, 6, 4))
    y = kr.layer(kr.blocks.basic(4), name="block", trainable=False)(inputs)
    model = keras.Model(inputs, y)
    rng = np.random.default_rng(2)
    model.set_weights([rng.uniform(0.3, 1.5, w.shape) for w in model.get_weights()])
    fused = kr.fuse(model)
    assert len(fused.changes) == 2
    layer = fused.model.get_layer("block")
    assert isinstance(layer, kr.layers.Block)
    assert not layer.trainable
    np.testing.assert_allclose(numbers(fused.model(X)), numbers(model(X)), rtol=1e-4)
    fused.model.save(tmp_path / "fused.keras")
    again = keras.saving.load_model(tmp_path / "fused.keras")
    np.testing.assert_array_equal(numbers(again(X)), numbers(fused.model(X)))
