"""A file for batches of one size."""

import warnings

import keras
import pytest

import keras_residual as kr

from .zoo import BARS, MODELS, assert_same, needs


def shapes(path) -> list[list]:
    """Returns the sizes of a file's inputs, as its runtime reads them."""
    if path.suffix == ".onnx":
        import onnxruntime

        return [
            entry.shape for entry in onnxruntime.InferenceSession(path).get_inputs()
        ]
    if path.suffix == ".xml":
        import openvino

        inputs = openvino.Core().read_model(path).inputs
        return [[str(size) for size in entry.partial_shape] for entry in inputs]
    import tensorflow as tf

    if path.suffix == ".tflite":
        with warnings.catch_warnings():  # it will move to a package of its own
            warnings.simplefilter("ignore")
            details = tf.lite.Interpreter(model_path=str(path)).get_input_details()
        return [list(entry["shape_signature"]) for entry in details]
    signature = tf.saved_model.load(str(path)).signatures["serving_default"]
    return [list(s.shape) for s in signature.structured_input_signature[1].values()]


@pytest.mark.parametrize(
    "name", ["basic", "two in, two out", "unknown sizes", "sequential"]
)
@pytest.mark.parametrize("suffix", BARS)
def test_it_takes_so_many_samples(suffix, name, tmp_path):
    needs(suffix)
    model, path = MODELS[name](), tmp_path / f"model{suffix}"
    done = kr.export(model, path, batch_size=3)
    assert {str(shape[0]) for shape in shapes(path)} == {"3"}
    assert done.samples == 3
    assert "3 samples   Keras" in str(done)
    assert model.inputs[0].shape[0] is None
    assert_same(model, path, 3)


def test_a_model_for_one_size_is_written_for_it(tmp_path):
    needs(".onnx")
    inputs = keras.Input(batch_shape=(2, 4), name="row")
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    for size in (None, 2):
        done = kr.export(model, tmp_path / f"{size}.onnx", batch_size=size)
        assert shapes(done.path) == [[2, 4]]
        assert done.samples == 2


@pytest.mark.parametrize(
    ("own", "asked", "error"),
    [
        (None, 0, "`batch_size` takes a positive whole number or None"),
        (None, -1, "`batch_size` takes a positive whole number or None"),
        (2, 3, "batches of 3; it takes"),
    ],
)
def test_a_size_that_it_cannot_take(own, asked, error, tmp_path):
    needs(".onnx")
    inputs = keras.Input(batch_shape=(own, 4), name="row")
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    with pytest.raises((TypeError, ValueError), match=error):
        kr.export(model, tmp_path / "model.onnx", batch_size=asked)
    assert list(tmp_path.iterdir()) == []
