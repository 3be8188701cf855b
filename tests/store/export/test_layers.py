"""Layers that a converter gets wrong, or refuses, when it is left to itself."""

import keras
import pytest
from keras import layers

import keras_residual as kr

from .test_formats import assert_same
from .zoo import needs, small

SHAPES = {"sequence": (9, 4), "picture": (7, 6, 4), "volume": (5, 4, 6, 4)}
LAYERS = {
    "layer norm": (layers.LayerNormalization, "picture"),
    "layer norm over two axes": (
        lambda: layers.LayerNormalization(axis=(-2, -1)),
        "sequence",
    ),
    "layer norm, bare": (
        lambda: layers.LayerNormalization(center=False, scale=False),
        "sequence",
    ),
    "rms norm": (layers.RMSNormalization, "sequence"),
    "group norm": (lambda: layers.GroupNormalization(2), "picture"),
    "normalization": (
        lambda: layers.Normalization(mean=[0.5, 1, 2, 3], variance=[1, 4, 2, 1]),
        "picture",
    ),
    "gelu": (lambda: layers.Activation("gelu"), "picture"),
    "max pool 1-D": (lambda: layers.MaxPooling1D(3, 2), "sequence"),
    "max pool": (lambda: layers.MaxPooling2D((2, 3), (1, 2)), "picture"),
    "max pool 3-D": (lambda: layers.MaxPooling3D(2), "volume"),
    "max pool, channels first": (
        lambda: layers.MaxPooling2D(3, 2, data_format="channels_first"),
        "picture",
    ),
    "average pool": (lambda: layers.AveragePooling2D(2), "picture"),
    "symmetric pool": (
        lambda: kr.pool("max", 3, stride=2, padding="symmetric"),
        "picture",
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_written_to_onnx(name, tmp_path):
    needs(".onnx")
    make, shape = LAYERS[name]
    model = small(keras.Input(SHAPES[shape], name="x"), make(), kr.dense(2))
    done = kr.export(model, tmp_path / "model.onnx", passes=())
    assert_same(model, done.path, 3)


def test_a_pool_that_pads_is_written_where_the_converter_can(tmp_path):
    """On PyTorch, Keras pads by sizes that the tracer takes for unknown ones."""
    needs(".onnx")
    inputs = keras.Input((9, 9, 4), name="x")
    model = small(inputs, layers.MaxPooling2D(3, 2, padding="same"))
    if keras.config.backend() == "torch":
        with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow in front"):
            kr.export(model, tmp_path / "model.onnx")
        assert not list(tmp_path.iterdir())
    else:
        assert_same(model, kr.export(model, tmp_path / "model.onnx").path, 3)
