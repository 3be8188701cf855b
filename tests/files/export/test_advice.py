"""What a refusal says to write instead is written."""

from dataclasses import replace

import keras
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.files.export.formats import ALSO, FORMATS, TAKEN, way_out

from .test_formats import assert_same
from .zoo import BY_SUFFIX, needs, randomise, small

ONNX = BY_SUFFIX[".onnx"]
FRONT = "KERAS_BACKEND={} in front of the command"


def of_pictures():
    x = inputs = keras.Input((8, 8, 4), name="x")
    for make in (
        lambda: layers.Conv2D(4, 3, 2, "same", groups=2),
        layers.BatchNormalization,
        layers.ReLU,
        lambda: layers.DepthwiseConv2D(3, padding="same"),
        lambda: layers.SeparableConv2D(4, 3, padding="same"),
        lambda: layers.Activation("gelu"),
        lambda: layers.ZeroPadding2D(2),
        lambda: layers.Cropping2D(1),
        lambda: layers.MaxPooling2D(3, 1),
        lambda: layers.Conv2DTranspose(4, 3, 2, "same"),
        lambda: layers.AveragePooling2D(2),
        lambda: layers.Dropout(0.5),
        lambda: layers.Rescaling(2.0, 0.5),
    ):
        x = make()(x)
    y = [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    merges = (layers.Add, layers.Multiply, layers.Average, layers.Subtract)
    z = layers.Concatenate()([make()(y) for make in (*merges, layers.Maximum)])
    z = layers.Softmax()(layers.Dense(6)(z))
    return randomise(keras.Model(inputs, layers.Flatten()(layers.Reshape((3, 2))(z))))


def of_words():
    inputs = keras.Input((7,), dtype="int32", name="words")
    x = layers.LayerNormalization()(layers.Embedding(11, 6)(inputs))
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.EinsumDense("abc,cd->abd", (7, 6), bias_axes="d")(x)
    x = layers.MaxPooling1D(2)(layers.Conv1D(6, 2)(x))
    x = layers.AveragePooling1D(2)(x)
    return randomise(keras.Model(inputs, layers.GlobalAveragePooling1D()(x)))


VOLUME = (6, 6, 6, 2)
ALONE = {
    "Bidirectional": (lambda: layers.Bidirectional(layers.LSTM(3)), (5, 4)),
    "ConvLSTM2D": (lambda: layers.ConvLSTM2D(2, 3), (4, 6, 6, 2)),
    "Conv3D": (lambda: layers.Conv3D(2, 3), VOLUME),
    "Conv3DTranspose": (lambda: layers.Conv3DTranspose(2, 3, 2), VOLUME),
    "Discretization": (lambda: layers.Discretization([0.0, 1.0]), (4,)),
    "GRU": (lambda: layers.GRU(3), (5, 4)),
    "LSTM": (lambda: layers.LSTM(3), (5, 4)),
    "MaxPooling3D": (lambda: layers.MaxPooling3D(2), VOLUME),
    "Resizing": (lambda: layers.Resizing(12, 9), (6, 6, 3)),
    "SimpleRNN": (lambda: layers.SimpleRNN(3), (5, 4)),
    "UpSampling2D": (lambda: layers.UpSampling2D(2, interpolation="bilinear"), VOLUME),
}


def alone(name):
    make, shape = ALONE[name]
    inputs = keras.Input(shape[-3:] if name == "UpSampling2D" else shape, name="x")
    return small(inputs, make())


def in_dtype(policy):
    return keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype=policy)])


def fourier():
    x = keras.Input((8, 8))
    real, _ = keras.ops.fft2((x, keras.ops.zeros_like(x)))
    return keras.Model(x, layers.Add()([x, real]), name="fourier")


def test_all_that_is_known_is_tried():
    tried = of_pictures().layers + of_words().layers
    assert {type(layer).__name__ for layer in tried} == TAKEN
    assert set(ALONE) == frozenset().union(*ALSO.values())


def advised_here(model):
    """Says whether this backend would be named, if it were the only other one."""
    backend = keras.config.backend()
    alone = replace(ONNX, packages={backend: ONNX.packages[backend]})
    return FRONT.format(backend) == way_out(model, alone, "another")["write"]


@pytest.mark.parametrize("make", [of_pictures, of_words])
def test_what_every_backend_takes_is_written_on_this_one(make, tmp_path):
    needs(".onnx")
    model = make()
    assert advised_here(model)
    assert_same(model, kr.export(model, tmp_path / "a.onnx").path, 3)


@pytest.mark.parametrize("name", ALONE)
def test_what_this_backend_is_known_to_take_is_written(name, tmp_path):
    backend = keras.config.backend()
    if name not in ALSO[backend]:
        pytest.skip(f"{backend} is not said to write {name}")
    needs(".onnx")
    model = alone(name)
    assert advised_here(model)
    kr.export(model, tmp_path / "a.onnx")


@pytest.mark.parametrize(
    ("make", "backend", "said"),
    [
        (lambda: alone("Conv3D"), "torch", FRONT.format("tensorflow")),
        (lambda: alone("UpSampling2D"), "jax", FRONT.format("tensorflow")),
        (lambda: alone("Discretization"), "tensorflow", FRONT.format("jax")),
        (
            lambda: small(keras.Input((None, None, 3)), layers.MaxPooling2D(3, 2)),
            "torch",
            FRONT.format("tensorflow"),
        ),
        (lambda: in_dtype("bfloat16"), "tensorflow", 'export(model, "model"), a'),
        (
            lambda: in_dtype("mixed_bfloat16"),
            "torch",
            'KERAS_BACKEND=tensorflow in front of export(model, "model")',
        ),
        (fourier, "jax", 'export(model, "model"), a'),
    ],
)
def test_only_what_is_known_to_take_it_is_named(make, backend, said):
    assert said in way_out(make(), ONNX, backend)["write"]


@pytest.mark.parametrize("make", [lambda: in_dtype("bfloat16"), fourier])
def test_the_advice_is_followed(make, tmp_path):
    """No converter to ONNX takes these; where a SavedModel is advised, it works."""
    needs(".onnx")
    model = make()
    with pytest.raises(ValueError, match='export\\(model, "model"\\)') as refusal:
        kr.export(model, tmp_path / "a.onnx")
    front = keras.config.backend() == "torch"
    assert ("KERAS_BACKEND=tensorflow" in str(refusal.value)) == front
    if not front:
        kr.export(model, tmp_path / "model")


def test_what_litert_refuses_is_a_saved_model(tmp_path):
    needs(".tflite")
    model = alone("LSTM")
    with pytest.raises(ValueError, match='export\\(model, "model"\\)'):
        kr.export(model, tmp_path / "a.tflite")


def test_what_is_refused_everywhere_stays_in_keras():
    assert (
        'model.save("model.keras")'
        in way_out(fourier(), FORMATS[-1], "tensorflow")["write"]
    )
