"""Layers that a converter gets wrong, or refuses, when it is left to itself."""

import keras
import pytest
from keras import layers
from layouts import need_first

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
    "grouped": (lambda: layers.Conv2D(6, 3, 2, "same", groups=2), "picture"),
    "grouped, causal": (
        lambda: layers.Conv1D(6, 3, padding="causal", dilation_rate=2, groups=2),
        "sequence",
    ),
    "resize": (lambda: layers.Resizing(5, 13), "picture"),
    "symmetric pool": (
        lambda: kr.pool("max", 3, stride=2, padding="symmetric"),
        "picture",
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_written_to_onnx(name, tmp_path):
    needs(".onnx")
    make, shape = LAYERS[name]
    if name == "resize" and keras.config.backend() == "jax":
        pytest.skip("jax2onnx 0.17 resizes no pictures of an unknown batch")
    model = small(keras.Input(SHAPES[shape], name="x"), make(), kr.dense(2))
    done = kr.export(model, tmp_path / "model.onnx", passes=())
    assert_same(model, done.path, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Conv2D(3, 3, 2, padding="same"),
        lambda: layers.Conv2D(3, (3, 2), (1, 2), "same", "channels_first"),
        lambda: layers.SeparableConv2D(3, 3, 2, padding="same"),
        lambda: layers.DepthwiseConv2D(3, 2, padding="same"),
        lambda: layers.MaxPooling2D(3, 2, padding="same"),
    ],
)
@pytest.mark.parametrize("size", [8, 9])
def test_what_pads_by_its_sizes_needs_no_node_for_it(make, size, tmp_path):
    """While PyTorch traces, Keras takes all sizes for unknown ones."""
    needs(".onnx")
    import onnx

    if getattr(make(), "data_format", "") == "channels_first":
        need_first()
    model = small(keras.Input((size, size, 4), name="x"), make())
    done = kr.export(model, tmp_path / "model.onnx")
    assert_same(model, done.path, 3)
    kinds = {node.op_type for node in onnx.load(done.path).graph.node}
    assert not kinds & {"Shape", "Pad"}
    assert all(layer.padding == "same" for layer in model.layers[1:])


def test_a_pool_of_unknown_sizes_is_written_where_the_converter_can(tmp_path):
    needs(".onnx")
    inputs = keras.Input((None, None, 4), name="x")
    model = small(inputs, layers.MaxPooling2D(3, 2, padding="same"))
    if keras.config.backend() != "tensorflow":
        with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow in front"):
            kr.export(model, tmp_path / "model.onnx")
        assert not list(tmp_path.iterdir())
    else:
        assert_same(model, kr.export(model, tmp_path / "model.onnx").path, 3)


ON_TENSORFLOW = {
    "enlarged": (lambda: layers.UpSampling2D(2, interpolation="bilinear"), (7, 6)),
    "enlarged, unknown": (
        lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"),
        (None, None),
    ),
    "grouped, unknown": (lambda: layers.Conv2D(6, 3, groups=2), (None, None)),
    "grouped, 3-D": (lambda: layers.Conv3D(6, 2, groups=2, strides=2), (5, 4, 6)),
    "resized in the middle": (lambda: layers.Resizing(7, 13), (8, 9)),
}


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="tf2onnx's limits")
@pytest.mark.parametrize("suffix", [".onnx", ".tflite"])
@pytest.mark.parametrize("name", ON_TENSORFLOW)
def test_what_tensorflow_has_to_be_told_otherwise(name, suffix, tmp_path):
    needs(suffix)
    make, sizes = ON_TENSORFLOW[name]
    model = small(keras.Input((*sizes, 4), name="x"), make(), kr.dense(2))
    done = kr.export(model, tmp_path / f"model{suffix}", passes=())
    assert_same(model, done.path, 3)
