"""Good files open, with the same weights and the same outputs."""

import importlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual._keras_replaced import weights_to_come
from keras_residual.files import allowed

from .artifacts import (
    CONFIG,
    dense,
    read,
    small_members,
    small_model,
    with_config,
    write,
)
from .hostile_configs import OBJECTS, as_layer


def shared() -> keras.Model:
    """A layer and a compiled model, each used twice."""
    layer, inputs = layers.Dense(4), keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4)])
    inner.compile("adam", "mse")
    x = inner(layer(inputs))
    return keras.Model(inputs, inner(x) + layer(x) * 2.0)


def recurrent() -> keras.Model:
    inputs = keras.Input((3, 4))
    x = layers.Bidirectional(layers.GRU(2, return_sequences=True))(inputs)
    x = layers.TimeDistributed(layers.Dense(4))(x)
    return keras.Model(inputs, layers.MultiHeadAttention(2, 2)(x, x) + inputs)


def normalized() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = layers.Normalization(mean=[1.0, 2, 3], variance=[1.0, 2, 3])(inputs)
    return keras.Model(inputs, kr.blocks.basic(8, stride=2)(x))


def with_ours() -> keras.Model:
    inputs = keras.Input((4,))
    branch = [kr.dense(4), kr.layers.Scale(0.5), kr.layers.DropPath(0.1)]
    return keras.Model(inputs, kr.nest(kr.Residual(branch))(inputs))


def mixed(policy: str) -> keras.Model:
    keras.config.set_dtype_policy(policy)
    return small_model()


MODELS = {
    "small": small_model,
    "resnet8": lambda: kr.models.build("resnet8", input_shape=(8, 8, 1), classes=2),
    "Sequential": lambda: keras.Sequential([keras.Input((4,)), layers.Dense(2)]),
    "shared": shared,
    "recurrent": recurrent,
    "normalized": normalized,
    "with our layers": with_ours,
    "float16": lambda: mixed("mixed_float16"),
    "bfloat16 weights": lambda: mixed("bfloat16"),
    "MobileNetV3": lambda: keras.applications.MobileNetV3Small(
        weights=None, input_shape=(32, 32, 3), classes=2
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_good_file_opens(name, tmp_path):
    model = MODELS[name]()
    model.save(tmp_path / "model.keras")
    opened = kr.open_model(str(tmp_path / "model.keras"))
    assert len(opened.weights) == len(model.weights)
    x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:]))
    expected, found = (
        keras.ops.convert_to_numpy(keras.ops.cast(m(x), "float32"))
        for m in (model, opened)
    )
    np.testing.assert_array_equal(found, expected)


def test_weights_of_zeros_are_no_bomb(tmp_path):
    model = keras.Sequential([keras.Input((1000,)), layers.Dense(500)])
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    model.save(tmp_path / "model.keras")
    assert kr.open_model(tmp_path / "model.keras").count_params() == 500_500


def test_a_model_that_another_backend_compiled(tmp_path):
    """Keras writes the backend into the optimizer's module."""
    optimizer = {"module": "keras.src.backend.other.optimizers", "class_name": "Adam"}
    compiled = {"optimizer": {**optimizer, "config": {}}, "loss": "mse"}
    members = with_config(
        small_members(tmp_path), lambda c: c.update(compile_config=compiled)
    )
    model = kr.open_model(write(tmp_path / "other.keras", members))
    assert model.loss == "mse"


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.huber,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        ["mse"],
    ],
)
def test_the_loss_is_there(loss, tmp_path):
    model = small_model()
    model.compile("sgd", loss)
    model.save(tmp_path / "model.keras")
    opened = kr.open_model(tmp_path / "model.keras").loss
    if isinstance(loss, keras.losses.Loss):
        assert type(opened) is type(loss)
        assert opened.get_config() == loss.get_config()
    else:
        assert opened == loss


def test_a_loss_of_strangers_is_left_out(tmp_path):
    model = small_model()
    model.compile("sgd", lambda y, z: keras.ops.mean(y - z))
    with pytest.warns(UserWarning, match="lambda"):
        model.save(tmp_path / "model.keras")
    assert not kr.open_model(tmp_path / "model.keras").compiled


def test_the_name_of_the_file_does_not_matter(tmp_path):
    small_model().save(tmp_path / "model.keras")
    other = (tmp_path / "model.keras").rename(tmp_path / "model.txt")
    assert kr.open_model(other).name == "small"


def test_a_weight_that_is_not_finite_is_named(tmp_path):
    model = small_model()
    model.get_layer("branch").bias.assign([1.0, np.nan, np.inf, 1.0])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"branch/bias.*: 2 of 4 values"):
        kr.open_model(tmp_path / "model.keras")
    opened = kr.open_model(tmp_path / "model.keras", allow_not_finite=True)
    assert np.isnan(opened.get_layer("branch").get_weights()[1][1])


def test_the_caller_says_how_large_a_model_may_be(tmp_path):
    small_model().save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="largest_parameters=36"):
        kr.open_model(tmp_path / "model.keras", largest_parameters=35)
    kr.open_model(tmp_path / "model.keras", largest_parameters=36)


def test_keras_unsafe_switch_is_not_ours(tmp_path):
    lambda_layer = OBJECTS["CVE-2024-3660 Lambda"]
    members = with_config(small_members(tmp_path), lambda c: as_layer(lambda_layer, c))
    path = write(tmp_path / "lambda.keras", members)
    keras.config.enable_unsafe_deserialization()
    try:
        with pytest.raises(ValueError, match="it holds Python code"):
            kr.open_model(path)
    finally:
        keras.src.saving.serialization_lib.global_state.set_global_attribute(
            "safe_mode_saving", None
        )


def test_a_refused_model_leaves_nothing_to_be_filled_later(tmp_path):
    members = with_config(small_members(tmp_path), dense(2**26))
    with pytest.raises(ValueError, match="Keras cannot make a model"):
        kr.open_model(write(tmp_path / "wide.keras", members))
    state = keras.src.backend.common.global_state
    assert not state.get_global_attribute("uninitialized_variables")


def test_what_is_advised_for_a_description_that_keras_refuses_works(tmp_path):
    members = with_config(small_members(tmp_path), dense(4, of_another_time=1))
    path = write(tmp_path / "odd.keras", members)
    with pytest.raises(ValueError, match="build the model in Python, load_weights"):
        kr.open_model(path)
    original = keras.saving.load_model(tmp_path / "good.keras", compile=False)
    built = small_model()
    built.load_weights(path)
    built.save(tmp_path / "again.keras")
    opened = kr.open_model(tmp_path / "again.keras").get_weights()
    for ours, theirs in zip(opened, original.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_newer_keras_is_named_with_what_to_do(tmp_path):
    members = with_config(small_members(tmp_path), dense(4, of_the_future=1))
    members["metadata.json"] = json.dumps({"keras_version": "3.99.0"}).encode()
    with pytest.raises(ValueError, match=r"3\.99\.0.*\n.*\nWrite:   pip install"):
        kr.open_model(write(tmp_path / "new.keras", members))


def test_what_opens_is_what_was_checked(tmp_path, monkeypatch):
    """The file may change meanwhile: Keras reads a copy of what was read first."""
    path = tmp_path / "model.keras"
    small_model().save(path)
    seen = []
    load = keras.saving.load_model

    def note(file, **settings):
        path.write_bytes(b"another file by now")
        seen.append((file, json.loads(read(file)[CONFIG])))
        return load(file, **settings)

    monkeypatch.setattr(keras.saving, "load_model", note)
    assert kr.open_model(path).name == "small"
    assert all(file != path and "compile_config" not in c for file, c in seen)
    assert len(seen) == 2


@pytest.mark.parametrize("pair", sorted(allowed.CALLED | allowed.PLAIN), ids="-".join)
def test_what_is_on_the_list_exists(pair):
    module, name = pair
    if module.startswith("keras.src"):
        assert issubclass(
            getattr(importlib.import_module(module), name), keras.Operation
        )
    else:
        found = keras if module == "keras" else getattr(keras, module.split(".")[1])
        assert hasattr(found, name) or name == "Functional"


def test_every_promise_names_a_test_that_exists():
    root = Path(__file__).parents[2]
    text = (root / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]+)`", text)
    assert len(named) >= 12
    assert [path for path in named if not (root / path).exists()] == []


def test_weights_that_are_loaded_are_not_drawn_first():
    """To draw them costs as much as all else, and on JAX ten times that."""
    drawn = keras.initializers.GlorotUniform()
    with weights_to_come():
        assert not np.any(keras.ops.convert_to_numpy(keras.Variable(drawn, (3, 4))))
        assert np.all(keras.ops.convert_to_numpy(keras.Variable("ones", (3,))))
        with ThreadPoolExecutor(1) as thread:
            other = thread.submit(keras.Variable, drawn, (3, 4)).result()
    assert np.any(keras.ops.convert_to_numpy(other))
    assert np.any(keras.ops.convert_to_numpy(keras.Variable(drawn, (3, 4))))
