"""What is written computes in its runtime what Keras does."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.train.data import load
from keras_residual.train.recipe import Recipe
from keras_residual.transforms.fuse.fusing import PASSES

from .zoo import (
    BARS,
    MODELS,
    answers,
    assert_same,
    in_keras,
    needs,
    picture,
    randomise,
)

ELSEWHERE = [
    *("basic", "bottleneck", "tabular", "drop path", "layer scale"),
    *("unknown sizes", "two in, two out", "words"),
]
CASES = [(".onnx", name) for name in MODELS]
CASES += [(suffix, name) for suffix in BARS if suffix != ".onnx" for name in ELSEWHERE]


@pytest.mark.parametrize(("suffix", "name"), CASES)
def test_the_runtime_computes_what_keras_does(suffix, name, tmp_path):
    needs(suffix)
    model, path = MODELS[name](), tmp_path / f"model{suffix}"
    done = kr.export(model, path)
    assert done.path == path
    assert done.proof.largest <= BARS[suffix]
    assert {"zeros", "large", "negative", "typical"} <= {
        each.inputs.split()[0] for each in done.proof.comparisons
    }
    beside = [path.with_suffix(".bin")] if suffix == ".xml" else []
    assert sorted(tmp_path.iterdir()) == sorted([path, *beside])
    assert_same(model, path, 3)
    assert_same(model, path, 1)
    if name == "unknown sizes":
        assert_same(model, path, 2, size=17)


def test_a_whole_network_of_somebody_else(tmp_path):
    needs(".onnx")
    inputs = keras.Input((32, 32, 3), name="pixels")
    model = randomise(
        keras.applications.MobileNetV2(
            input_tensor=inputs, alpha=0.35, weights=None, classes=10
        )
    )
    done = kr.export(model, tmp_path / "model.onnx")
    assert done.changes
    assert_same(model, done.path, 2)


def test_a_trained_network_scores_the_same(tmp_path):
    needs(".onnx")
    data = load(Recipe(data="digits"))
    train, test = data.train, data.test
    shape = train.batch(np.arange(1)).shape[1:]
    model = picture(kr.blocks.basic(8), shape=shape)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    chosen = [k for k in range(len(train.labels)) if train.labels[k] < 3][:300]
    model.fit(train.batch(np.array(chosen)), train.labels[chosen], verbose=0)
    done = kr.export(model, tmp_path / "model.onnx")
    given = test.batch(np.arange(100)).astype("float32")
    (found,) = answers(done.path, model, [given])
    (before,) = in_keras(model, [given])
    assert (found.argmax(-1) == before.argmax(-1)).all()


def test_without_fusing_the_layers_stay_what_they_are(tmp_path):
    needs(".onnx")
    model = MODELS["basic"]()
    plain = kr.export(model, tmp_path / "plain.onnx", passes=())
    fused = kr.export(model, tmp_path / "fused.onnx")
    assert not plain.changes
    assert len(fused.changes) == len(kr.fuse(model).changes) > 0
    assert_same(model, plain.path, 3)


@pytest.mark.parametrize("batch_size", [None, 2])
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_inputs_and_outputs_have_the_names_of_keras(suffix, batch_size, tmp_path):
    needs(suffix)
    pair = [keras.Input((4,), name=name) for name in ("zeta", "alpha")]
    x = layers.Subtract()(pair)
    ends = [layers.Dense(2, name="wide")(x), layers.Dropout(0.1, name="logits")(x)]
    outputs = [ends[0], layers.BatchNormalization(name="normed")(x), ends[1]]
    model = randomise(keras.Model(pair, outputs))
    path = kr.export(model, tmp_path / f"a{suffix}", batch_size=batch_size).path
    if suffix == ".onnx":
        import onnx

        graph = onnx.load(path).graph
        found = [[e.name for e in each] for each in (graph.input, graph.output)]
    else:
        import openvino

        graph = openvino.Core().read_model(path)
        found = [[e.any_name for e in each] for each in (graph.inputs, graph.outputs)]
    assert set(found[0]) == {"zeta", "alpha"}
    assert found[1] == ["wide", "normed", "logits"]
    assert_same(model, path, 2)


def test_outputs_in_a_dictionary_have_the_names_of_its_keys(tmp_path):
    needs(".onnx")
    import onnx

    path = kr.export(MODELS["two in, two out"](), tmp_path / "model.onnx").path
    names = [entry.name for entry in onnx.load(path).graph.output]
    assert names == ["classes", "wide"]


def test_what_augments_is_in_no_file(tmp_path):
    needs(".onnx")
    flips = [layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomZoom(0.1)]
    model = picture(keras.Sequential(flips), layers.Rescaling(1 / 127.5, -1))
    assert_same(model, kr.export(model, tmp_path / "model.onnx").path, 3)


def operations(path):
    import onnx

    # Sorted: what runs before what, of two paths, the machine's kernels decide.
    return sorted(node.op_type for node in onnx.load(path).graph.node)


@pytest.mark.parametrize("passes", [(), PASSES])
def test_an_accelerated_model_is_written_as_the_plain_one(passes, tmp_path):
    needs(".onnx")
    model = MODELS["basic"]()
    plain = kr.export(model, tmp_path / "plain.onnx", passes=passes)
    kr.accelerate(model)
    done = kr.export(model, tmp_path / "model.onnx", passes=passes)
    assert operations(done.path) == operations(plain.path)
    assert_same(kr.restore(model), done.path, 3)


def test_an_onnx_graph_has_nothing_to_spare(tmp_path):
    needs(".onnx")
    import onnx

    block = kr.blocks.bottleneck(2, stride=2)
    shrink = kr.pool("max", 3, stride=2, padding="symmetric")
    stem = [kr.conv(4, 7, stride=2, padding="symmetric"), layers.ReLU(), shrink]
    model = picture(*stem, block, block, shape=(32, 32, 3))
    kr.export(model, tmp_path / "model.onnx")
    proto = onnx.load(tmp_path / "model.onnx")
    kinds = [node.op_type for node in proto.graph.node]
    assert not {"Cast", "Pad"} & set(kinds)
    assert kinds.count("Transpose") <= 3  # a converter writes two for each Conv
    assert kinds.count("Conv") == 9
    assert {entry.domain for entry in proto.opset_import} <= {"", "ai.onnx.ml"}


@pytest.mark.skipif(keras.config.backend() != "jax", reason="jax2onnx's shapes")
def test_an_untrained_network_is_written_too(tmp_path):
    """Biases of zero are left out, and the axes moved without the shapes."""
    needs(".onnx")
    model = kr.models.build("resnet50", input_shape=(64, 64, 3))
    done = kr.export(model, tmp_path / "model.onnx")
    assert done.proof.largest <= BARS[".onnx"]


@pytest.mark.filterwarnings("ignore::UserWarning")  # it will move to another package
@pytest.mark.parametrize("suffix", [".tflite", ""])
def test_a_signature_calls_outputs_as_keras_does(suffix, tmp_path):
    needs(suffix)
    import tensorflow as tf

    x = keras.Input((4,), name="x")
    z, a = keras.layers.Dense(2, name="z")(x), keras.layers.Dense(3, name="a")(x)
    model = keras.Model(x, [z, a])
    path = kr.export(model, tmp_path / f"model{suffix}").path
    if suffix:
        (found,) = tf.lite.Interpreter(str(path)).get_signature_list().values()
        assert set(found["outputs"]) == {"z", "a"}
    else:
        found = tf.saved_model.load(str(path)).signatures["serving_default"]
        assert set(found.structured_outputs) == {"z", "a"}
    assert_same(model, path, 3)
