"""Each pass: what it leaves, and the closed form of the weights that it makes."""

import keras
import numpy as np
import pytest
from keras import layers
from layouts import need_first

import keras_residual as kr
from keras_residual.transforms import prove
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.fuse import PASSES

from .fusing import fused, kinds, numpy_of, picture, scale_and_shift
from .random_graphs import randomise


def test_a_norm_into_a_convolution_by_hand():
    x = picture()
    conv, norm = (
        layers.Conv2D(6, 3, padding="same"),
        layers.BatchNormalization(),
    )
    done = fused(x, norm(conv(x)))
    scale, shift = scale_and_shift(norm)
    (new,) = done.model.layers[1:]
    kernel, bias = numpy_of(conv, "kernel"), numpy_of(conv, "bias")
    np.testing.assert_allclose(numpy_of(new, "kernel"), kernel * scale, rtol=1e-6)
    np.testing.assert_allclose(numpy_of(new, "bias"), bias * scale + shift, rtol=2e-6)
    assert new.name == norm.name  # as the output was called
    (change,) = done.changes
    assert (change.kind, change.what) == ("BatchNormalization", "into Conv2D")


def test_a_norm_before_a_convolution_by_hand():
    x = picture()
    norm, conv = layers.BatchNormalization(), layers.Conv2D(6, 3)
    (new,) = fused(x, conv(norm(x))).model.layers[1:]
    scale, shift = scale_and_shift(norm)
    kernel, bias = numpy_of(conv, "kernel"), numpy_of(conv, "bias")
    want = bias + np.einsum("hwio,i->o", kernel, shift)
    kernel = kernel * scale[:, None]
    np.testing.assert_allclose(numpy_of(new, "kernel"), kernel, rtol=1e-6)
    np.testing.assert_allclose(numpy_of(new, "bias"), want, rtol=2e-5, atol=1e-6)


CARRIERS = {
    "conv": lambda: layers.Conv2D(4, 3, padding="same"),
    "conv strided": lambda: layers.Conv2D(6, 3, strides=2, padding="same"),
    "conv grouped": lambda: layers.Conv2D(6, 3, groups=2),
    "conv unbiased": lambda: layers.Conv2D(4, 1, use_bias=False),
    "depthwise": lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
    "separable": lambda: layers.SeparableConv2D(6, 3, depth_multiplier=2),
    "transposed": lambda: layers.Conv2DTranspose(6, 3, strides=2),
    "dense": lambda: layers.Dense(6),
    "einsum": lambda: layers.EinsumDense("abcd,de->abce", (8, 8, 6)),
    "norm": lambda: layers.BatchNormalization(scale=False),
}
SCALES = {
    "norm": layers.BatchNormalization,
    "norm bare": lambda: layers.BatchNormalization(scale=False, center=False),
    "rescaling": lambda: layers.Rescaling(0.5, 1.0),
    "ours": lambda: kr.layers.Scale(0.3),
    "drop path": lambda: kr.layers.DropPath(0.2),
    "layer scale": lambda: kr.scale(0.5, per="channel"),
    "constant": lambda: lambda x: 2.0 - x,
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_scale_after_a_linear_layer(carrier, scale):
    x = picture()
    done = fused(x, SCALES[scale]()(CARRIERS[carrier]()(x)))
    assert kinds(done.model) == [type(CARRIERS[carrier]()).__name__]


# With a window and padding a shift stays; "drop path" and "layer scale" do not shift.
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("carrier", [c for c in CARRIERS if c != "einsum"])
def test_a_scale_before_a_linear_layer(carrier, scale):
    x = picture()
    done = fused(x, CARRIERS[carrier]()(SCALES[scale]()(x)))
    pads = carrier in ("conv", "conv strided", "transposed")
    shifts = scale in ("norm", "norm bare", "rescaling", "constant")
    assert len(Draft(done.model).calls) == (2 if pads and shifts else 1)


@pytest.mark.parametrize("rank", [1, 3])
def test_other_ranks(rank):
    x = keras.Input((6,) * rank + (2,))
    conv = {1: layers.Conv1D, 3: layers.Conv3D}[rank]
    y = layers.BatchNormalization()(conv(2, 3, padding="same")(x))
    y = layers.Add()([x, y, conv(2, 1)(x)])
    assert len(kinds(fused(x, y).model)) == 1


def test_channels_first():
    need_first()
    first = {"data_format": "channels_first", "padding": "same"}
    x = keras.Input((4, 8, 8))
    y = layers.BatchNormalization(axis=1)(layers.Conv2D(4, 3, **first)(x))
    y = layers.Add()([x, y, layers.Conv2D(4, 1, **first)(x)])
    y = layers.ReLU()(y)
    y = layers.DepthwiseConv2D(3, data_format="channels_first")(
        layers.BatchNormalization(axis=1)(y)
    )
    assert kinds(fused(x, y).model) == ["Conv2D", "ReLU", "DepthwiseConv2D"]


def test_idle_layers_go():
    x = picture()
    y = x
    for layer in (
        layers.Dropout(0.5),
        layers.SpatialDropout2D(0.5),
        layers.GaussianNoise(0.5),
        layers.GaussianDropout(0.5),
        layers.AlphaDropout(0.5),
        layers.ActivityRegularization(0.1),
        layers.Identity(),
        layers.Activation("linear"),
        layers.Rescaling(1.0),
        kr.layers.DropPath(0.5, rescale="none"),
    ):
        y = layer(y)
    for layer in (layers.Add(), layers.Maximum(), layers.Concatenate()):
        y = layer([y])
    done = fused(x, layers.ReLU()(y))
    assert kinds(done.model) == ["ReLU"]
    assert len(done.changes) == 13
    assert done.proof.largest == 0


def test_constants_are_joined():
    x = picture()
    done = fused(x, layers.ReLU()((x * 2 + 1) / 4 - 3))
    assert kinds(done.model) == ["Rescaling", "ReLU"]
    layer = done.model.layers[1]
    assert (layer.scale, layer.offset) == (0.5, -2.75)


def test_padding_goes_into_convolutions():
    x = keras.Input((None, None, 4))
    y = layers.Conv2D(4, 3)(layers.ZeroPadding2D(1)(x))
    y = layers.DepthwiseConv2D(5)(layers.ZeroPadding2D(2)(layers.ReLU()(y)))
    assert kinds(fused(x, y).model) == ["Conv2D", "ReLU", "DepthwiseConv2D"]
    x = keras.Input((9, 4))
    y = layers.Conv1D(4, 3, dilation_rate=2)(layers.ZeroPadding1D((4, 0))(x))
    done = fused(x, y)
    assert done.model.layers[1].padding == "causal"


def test_nested_and_shared_models_are_fused_inside():
    a = picture()
    block = keras.Model(
        a, layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 1)(a)))
    )
    x = picture()
    done = fused(x, block(block(x)))
    inner = done.model.layers[1]
    assert kinds(inner) == ["Conv2D", "ReLU"]
    assert len(done.model.weights) == 2
    assert done.changes[0].path.startswith(f"{block.name}/")


def test_sequential_and_structures_are_kept():
    model = keras.Sequential(
        [picture(), layers.Conv2D(4, 1), layers.BatchNormalization()]
    )
    assert isinstance(kr.fuse(model).model, keras.Sequential)
    x = picture()
    y = layers.BatchNormalization()(layers.Dense(3)(x))
    done = fused({"x": x} if x.name == "x" else x, {"first": y, "second": [x]})
    assert set(done.model.output) == {"first", "second"}


def test_only_the_passes_that_are_asked_for():
    x = picture()
    model = keras.Model(
        x, layers.Dropout(0.1)(layers.BatchNormalization()(layers.Dense(4)(x)))
    )
    assert kinds(kr.fuse(model, passes=["idle"]).model) == [
        *("Dense", "BatchNormalization")
    ]
    with pytest.raises(ValueError, match="fuse has no pass 'batch'"):
        kr.fuse(model, passes=["batch"])
    assert set(PASSES) == {
        *("idle", "after", "before", "scalars", "padding", "parallel", "chains")
    }


def test_the_report_prints():
    x = picture()
    y = layers.ReLU()(layers.BatchNormalization(name="kept")(layers.ReLU()(x)))
    text = str(fused(x, layers.BatchNormalization()(layers.Dense(4)(y))))
    assert "1 change, largest difference" in text
    assert "BatchNormalization  into Dense" in text
    assert "beside it" in text
    assert "kept" in text


def test_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    x = picture()
    y = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    model = randomise(keras.Model(x, layers.Add()([y, layers.Conv2D(4, 1)(x)])))
    done = kr.fuse(model)
    assert kinds(done.model) == ["Conv2D"]
    assert done.model.layers[1].dtype_policy.name == "mixed_bfloat16"
    assert done.model.layers[1].kernel.dtype == "float32"


def test_what_is_fused_saves_and_loads(tmp_path):
    x = picture()
    y = layers.ReLU()(
        layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    )
    done = fused(x, layers.BatchNormalization()(layers.SeparableConv2D(4, 3)(y)))
    done.model.save(tmp_path / "fused.keras")
    loaded = keras.saving.load_model(tmp_path / "fused.keras")
    assert prove(done.model, loaded).largest == 0


def test_regularizers_are_dropped_with_a_note():
    x = picture()
    conv = layers.Conv2D(4, 1, kernel_regularizer="l2", bias_constraint="non_neg")
    done = fused(x, layers.BatchNormalization()(conv(x)))
    assert "without its kernel_regularizer and bias_constraint" in done.changes[0].what
    assert done.model.layers[1].kernel_regularizer is None


def test_masks_go_where_they_went():
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Dropout(0.1)(layers.Embedding(5, 4, mask_zero=True)(tokens))
    y = layers.BatchNormalization()(layers.Dense(4)(x))
    y = layers.Add()([layers.Rescaling(0.5)(y), x])
    done = fused(tokens, layers.LSTM(2)(y))
    assert [kind for kind in kinds(done.model) if kind != "NotEqual"] == [
        *("Embedding", "Dense", "LSTM")
    ]


def test_a_model_of_nothing_but_dropout():
    model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.5)])
    done = kr.fuse(model)
    assert kinds(done.model) == []
    assert done.proof.largest == 0


def test_a_function_is_refused():
    x = keras.Input((4,))
    with pytest.raises(TypeError, match="fuse takes a model"):
        kr.fuse(keras.Function(x, x * 2))
