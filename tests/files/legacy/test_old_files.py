"""Files of Keras 2 compute what they did, in NumPy; or the reason is said."""

import json
import re
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.files.archive import LARGEST_TEXT

from .old_files import called, functional, layer, numbers, small, start, write

X = numbers(3, 4)


def run(path: Path, *inputs: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(kr.open_model(path)(*inputs))


def normed(x, arrays, name):
    gamma, beta, mean, variance = (
        arrays[f"{name}/{one}:0"]
        for one in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta


def test_a_nested_residual_unit(tmp_path):
    config, arrays = small()
    path = write(tmp_path / "old.h5", config, arrays)
    change = normed(X, arrays, "block/b") @ arrays["block/d/kernel:0"]
    y = (normed(change, arrays, "block/a") + X) @ arrays["head/head_1/kernel:0"]
    y = np.exp(y + arrays["head/head_1/bias:0"])
    right = y / y.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(run(path, X), right, rtol=1e-4)
    assert len(kr.find_residuals(kr.open_model(path))) == 1


@pytest.mark.parametrize("bare", [True, False])
def test_a_sequential_that_brings_its_input_itself(bare, tmp_path):
    rows = [layer("Dense", "a/b", units=2, batch_input_shape=[None, 4])]
    rows[0]["config"].update(activation="relu", use_bias=False)
    inside = rows if bare else {"name": "s", "layers": rows}
    arrays = {"a/b/a/b/kernel:0": numbers(4, 2)}
    config = {"class_name": "Sequential", "config": inside}
    path = write(tmp_path / "old.h5", config, arrays, "2.0.6")
    right = np.maximum(X @ arrays["a/b/a/b/kernel:0"], 0)
    np.testing.assert_allclose(run(path, X), right, rtol=1e-5)


def test_a_gru_from_before_it_could_reset_after(tmp_path):
    settings = {"units": 1, "use_bias": False, "recurrent_activation": "sigmoid"}
    rows = [start("x", 2, 1), layer("GRU", "g", "x", activation="tanh", **settings)]
    kernel, recurrent = numbers(1, 3), numbers(1, 3)
    arrays = {"g/g/kernel:0": kernel, "g/g/recurrent_kernel:0": recurrent}
    path = write(tmp_path / "old.h5", functional("m", rows, "g"), arrays)
    h, x = np.zeros((3, 1)), numbers(3, 2, 1)
    for step in (x[:, 0], x[:, 1]):
        z, r = (
            1 / (1 + np.exp(-(step @ kernel[:, [at]] + h @ recurrent[:, [at]])))
            for at in (0, 1)
        )
        new = np.tanh(step @ kernel[:, [2]] + (r * h) @ recurrent[:, [2]])
        h = z * h + (1 - z) * new
    np.testing.assert_allclose(run(path, x), h, rtol=1e-4)


def test_what_keras_3_writes(tmp_path):
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(5, 4)(inputs)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.TimeDistributed(layers.Dense(6))(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    model = keras.Model(inputs, layers.BatchNormalization()(x))
    model.compile("adam", "mse")
    model.save(tmp_path / "new.h5")
    words = np.array([[0, 1, 2, 3, 4, 0]])
    opened = kr.open_model(tmp_path / "new.h5")
    right = keras.ops.convert_to_numpy(model(words))
    np.testing.assert_allclose(run(tmp_path / "new.h5", words), right, rtol=1e-5)
    assert opened.loss == "mse"


def test_a_loss_that_keras_3_writes_as_an_object(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.save(tmp_path / "new.h5")
    loss = kr.open_model(tmp_path / "new.h5").loss
    assert isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    assert loss.get_config()["from_logits"]


def test_a_loss_that_keras_2_wrote_as_an_object(tmp_path):
    """What it called "auto" is the mean over the batch."""
    config = {"reduction": "auto", "name": "huber_loss", "delta": 2.0, "fn": "huber"}
    loss = {"class_name": "Huber", "config": config}
    arrays = {"d/d/kernel:0": np.ones((1, 1), "f4"), "d/d/bias:0": np.zeros(1, "f4")}
    rows = [start("x", 1), layer("Dense", "d", "x", units=1)]
    path = tmp_path / "old.h5"
    trained = json.dumps({"loss": [loss]})
    write(path, functional("m", rows, "d"), arrays, training_config=trained)
    values, labels = np.array([[1.0], [5.0]]), np.array([[0.0], [0.0]])
    found = kr.open_model(path).evaluate(values, labels, verbose=0)
    assert found == pytest.approx((0.5 * 1 + 2 * (5 - 1)) / 2)


def test_a_depthwise_convolution_and_features_that_are_normalised(tmp_path):
    rows = [
        start("x", 3, 3, 2),
        layer("Normalization", "n", "x", axis=[3], mean=None, variance=None),
        layer("DepthwiseConv2D", "d", "n", kernel_size=[1, 1], use_bias=False),
    ]
    rows[2]["config"]["groups"] = 1
    mean, variance, kernel = numbers(2), numbers(2) ** 2, numbers(1, 1, 2, 1)
    arrays = {"n/mean:0": mean, "n/variance:0": variance, "n/count:0": np.int64(7)}
    arrays["d/d/depthwise_kernel:0"] = kernel
    path = write(tmp_path / "x.h5", functional("m", rows, "d"), arrays, "2.15.0")
    x = numbers(2, 3, 3, 2)
    right = (x - mean) / np.sqrt(variance) * kernel[..., 0]
    np.testing.assert_allclose(run(path, x), right, rtol=1e-4)


def changed(**settings):
    rows = [start("x", 4, 4, 1), layer("UpSampling2D", "u", "x", size=[2, 2])]
    rows[1]["config"].update(settings)
    return functional("m", rows, "u")


def dense(**settings):
    rows = [start("x", 4), layer("Dense", "d", "x", units=2)]
    rows[1]["config"].update(settings)
    return functional("m", rows, "d")


def one(kind, **settings):
    return functional("m", [start("x", 4), layer(kind, "l", "x", **settings)], "l")


DENSE = {"d/d/kernel:0": numbers(4, 2), "d/d/bias:0": numbers(2)}
CODE = {"function": ["4wAAAA==", None, None], "module": "os"}
# A description, its arrays, and what the answer must name.
REFUSED = {
    "another slope": (dense(activation="hard_sigmoid"), DENSE, "1/6"),
    "other pixels": (changed(interpolation="bilinear"), {}, "bilinear"),
    "a Lambda": (one("Lambda", **CODE), {}, "Python code"),
    "another package": (one("os.system"), {}, "os.system"),
    "a function of Keras": (one("deserialize"), {}, "deserialize"),
    "a type of TensorFlow": (one("TypeSpec"), {}, "TypeSpec"),
    "one that left": (one("ThresholdedReLU", theta=1.0), {}, "ThresholdedReLU"),
    "a module": ({**dense(), "module": "os"}, DENSE, "'os'"),
    "a name in disguise": (
        dense(kernel_initializer={"class_name": "get", "config": {}}),
        DENSE,
        "'get'",
    ),
    "another shape": (dense(units=3), DENSE, "(4, 3)"),
    "another type": (
        dense(),
        {**DENSE, "d/d/bias:0": np.zeros(2, "float64")},
        "float64",
    ),
    "no bias": (dense(), {"d/d/kernel:0": numbers(4, 2)}, "1 arrays"),
    "one too many": (dense(), {**DENSE, "e/e/bias:0": numbers(2)}, "no layer"),
    "names that say nothing": (
        dense(),
        {"d/d/v:0": numbers(4, 2), "d/d/w:0": numbers(2)},
        "other names",
    ),
    "a billion units": (dense(units=10**9), DENSE, "1000000000"),
    "not a dict": ([1], {}, "list"),
    "a list of names": (one(["Dense"] * 5), {}, "['Dense', "),
    "a name in a dict": (one({"class_name": "Dense"}), {}, "{'class_name'"),
    "weights of nobody": (
        functional("m", [start("x", 4), called(dense(), "x")], "m"),
        DENSE,
        "0 arrays",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_opened(name, tmp_path):
    config, arrays, named = REFUSED[name]
    path = write(tmp_path / "old.h5", config, arrays)
    with pytest.raises(ValueError, match=re.escape(named)) as refusal:
        kr.open_model(path)
    text = str(refusal.value)
    assert text.startswith(f"Model file {path}: ")
    assert "\n  given  " in text
    assert "\nWrite:   " in text


def link(file):
    del file["model_weights/d/d/bias:0"]
    file["model_weights/d/d/bias:0"] = h5py.ExternalLink("secret.h5", "x")


def packed(file):
    del file["model_weights/d/d/bias:0"]
    file.create_dataset("model_weights/d/d/bias:0", data=np.ones(2), compression="gzip")


def text(name, value):
    return lambda file: file.attrs.__setitem__(name, value)


FILES = {
    "a link": (link, "ExternalLink"),
    "compressed": (packed, "compressed"),
    "Keras 1": (text("keras_version", b"1.2.2"), "1.2.2"),
    "Theano": (text("backend", b"theano"), "theano"),
    "no text": (text("model_config", 3), "no text"),
    "a list": (text("model_config", [b"a", b"b"]), "an array"),
    "no JSON": (text("model_config", b"{"), "damaged"),
    "deep": (
        text("model_config", b"[" * 300 + b"]" * 300),
        "model_config holds a list",
    ),
    "long": (text("model_config", b" " * (LARGEST_TEXT + 1)), "bytes"),
    "longer": (text("training_config", b" " * 10**8), "no arrays"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_keras_does_not_write(name, tmp_path):
    change, named = FILES[name]
    path = write(tmp_path / "old.h5", dense(), DENSE)
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(ValueError, match=named):
        kr.open_model(path)


def test_the_advice_on_the_slope_works(tmp_path):
    path = write(tmp_path / "old.h5", dense(activation="hard_sigmoid"), DENSE)
    with pytest.raises(ValueError, match="slope") as refusal:
        kr.open_model(path)
    setting = str(refusal.value).partition("with ")[2].partition(";")[0]
    name, _, function = setting.partition("=")
    slope = eval(function, {"keras": keras})  # noqa: S307  it is ours
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, **{name: slope})])
    model.load_weights(path)
    right = np.clip(0.2 * (X @ DENSE["d/d/kernel:0"] + DENSE["d/d/bias:0"]) + 0.5, 0, 1)
    answer = keras.ops.convert_to_numpy(model(X))
    np.testing.assert_allclose(answer, right, rtol=1e-4, atol=1e-6)


def test_a_description_of_a_thousand_nested_models_takes_no_time(tmp_path):
    config = dense()
    for _ in range(60):
        config = functional("m", [start("x", 4), called(config, "x")], "m", 1)
    assert len(json.dumps(config)) < LARGEST_TEXT
    path = write(tmp_path / "old.h5", config, DENSE)
    with pytest.raises(ValueError, match="Model file"):
        kr.open_model(path)
