"""Small models of every kind, and the runtimes without our code between."""

import warnings
from collections.abc import Iterable
from importlib.util import find_spec

import keras
import numpy as np
import pytest
from keras import layers
from transforms.random_graphs import randomise

import keras_residual as kr
from keras_residual.files.export.formats import FORMATS

PICTURE, CLASSES = (8, 8, 3), 3
BY_SUFFIX = {one.suffix: one for one in FORMATS}
BARS = {".onnx": 1e-5, ".xml": 1e-4, ".tflite": 1e-4, "": 1e-5}


def needs(suffix: str) -> None:
    """Skips a test where the format cannot be written."""
    asked, backend = BY_SUFFIX[suffix], keras.config.backend()
    if backend not in asked.packages:
        pytest.skip(f"Keras does not write {asked.name} on {backend}")
    must_be_installed(asked.packages[backend])


def must_be_installed(packages: Iterable[str]) -> None:
    """Skips a test where a package is missing; asked for and not imported.

    OpenVINO reports its import from a fork, which JAX warns of; ours leaves that out.
    """
    for package in packages:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed; BACKEND=all installs it")


def small(inputs, *parts, name="small") -> keras.Model:
    """Applies parts in order; the weights are random, as if it were trained."""
    x = inputs
    for part in parts:
        x = part(x)
    return randomise(keras.Model(inputs, x, name=name))


def picture(*parts, shape=PICTURE):
    head = (kr.pool("global_average"), kr.dense(CLASSES))
    return small(keras.Input(shape, name="picture"), *parts, *head)


def two_in_two_out():
    """Inputs in a dictionary that is not in the order of its keys."""
    first, second = keras.Input((6,), name="b"), keras.Input((4,), name="a")
    x = kr.Residual([kr.dense(6), kr.norm(), "relu"])(first)
    both = layers.Concatenate()([x, second])
    outputs = {"wide": both, "classes": kr.dense(2)(both)}
    return randomise(keras.Model({"b": first, "a": second}, outputs))


def words():
    """A transformer's block: look-up, layer norms, attention, GELU."""
    inputs = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(11, 6)(inputs)
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 3)(y, y)])
    mlp = [layers.LayerNormalization(), layers.Dense(12, "gelu"), layers.Dense(6)]
    return randomise(keras.Model(inputs, kr.Residual(mlp)(x)))


def sequential():
    convolution = layers.Conv2D(4, 3, activation="relu")
    tail = (layers.BatchNormalization(), layers.Flatten(), layers.Dense(2))
    return randomise(
        keras.Sequential([keras.Input(PICTURE, name="x"), convolution, *tail])
    )


def layer_scale():
    branch = [kr.depthwise(3), layers.LayerNormalization(), kr.dense(8), "gelu"]
    return picture(kr.conv(4, 3), kr.Residual([*branch, kr.dense(4), kr.scale(0.1)]))


def drop_path():
    branch = [kr.conv(3, 3), kr.norm(), "relu", kr.dropout(0.2), kr.drop_path(0.2)]
    return picture(kr.Residual(branch))


def signal():
    branch = [kr.conv(4, 5), kr.norm(), "relu", kr.conv(4, 5, dilation_rate=2)]
    return picture(kr.Residual(branch), shape=(16, 2))


MODELS = {
    "basic": lambda: picture(kr.blocks.basic(4), kr.blocks.basic(8, stride=2)),
    "preactivation": lambda: picture(
        kr.conv(4, 3), kr.blocks.preactivation(8, stride=2)
    ),
    "bottleneck": lambda: picture(kr.blocks.bottleneck(2, stride=2)),
    "tabular": lambda: small(
        keras.Input((6,), name="row"), kr.dense(8), kr.blocks.tabular(8), kr.dense(2)
    ),
    "signal": signal,
    "drop path": drop_path,
    "layer scale": layer_scale,
    "unknown sizes": lambda: picture(
        kr.blocks.basic(4, stride=2), shape=(None, None, 3)
    ),
    "two in, two out": two_in_two_out,
    "nested": lambda: picture(lambda x: kr.nest(kr.blocks.basic(4))(x, name="inner")),
    "words": words,
    "sequential": sequential,
}


def answers(path, model, arrays) -> list[np.ndarray]:
    """Runs a file as its user would, and returns the outputs in Keras's order."""
    named = {t.name: array for t, array in zip(model.inputs, arrays, strict=True)}
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        return session.run(None, named)
    if path.suffix == ".xml":
        import openvino

        settings = {"INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino.Core().compile_model(path, "CPU", settings)
        return list(compiled(named).values())
    import tensorflow as tf

    if path.suffix == ".tflite":
        with warnings.catch_warnings():  # it will move to a package of its own
            warnings.simplefilter("ignore")
            interpreter = tf.lite.Interpreter(model_path=str(path))
        made = interpreter.get_signature_runner()(**named)
    else:
        made = tf.saved_model.load(str(path)).signatures["serving_default"](
            **{name: tf.constant(array) for name, array in named.items()}
        )
    return [np.asarray(made[name]) for name in called(model)]


def called(model):
    """What its outputs are called: as the keys of a dictionary, or as their layers."""
    if isinstance(model.output, dict):
        return sorted(model.output)
    if isinstance(model, keras.Sequential):
        return [model.layers[-1].name]
    return model.output_names


def samples(model, count, size=12, seed=3):
    """Fresh numbers, which the export has not seen."""
    rng = np.random.default_rng(seed)
    for tensor in model.inputs:
        shape = [count, *(size if n is None else n for n in tensor.shape[1:])]
        if "int" in tensor.dtype:
            yield rng.integers(0, 11, shape).astype("int32")
        else:
            yield (3 * rng.standard_normal(shape)).astype("float32")


def in_keras(model, arrays):
    given = arrays[0]
    if not isinstance(model, keras.Sequential):
        given = keras.tree.pack_sequence_as(model.input, arrays)
    made = keras.tree.flatten(model(given, training=False))
    return [keras.ops.convert_to_numpy(one) for one in made]


def assert_same(model, path, count, **options):
    arrays = list(samples(model, count, **options))
    found = answers(path, model, arrays)
    for before, after in zip(in_keras(model, arrays), found, strict=True):
        assert before.shape == after.shape
        apart = np.abs(before - after).max() / np.abs(before).max()
        assert apart <= BARS[path.suffix]
