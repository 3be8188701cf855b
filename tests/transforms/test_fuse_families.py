"""Whole networks: ours and those of keras.applications, with norms as if trained."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

# Name, the smallest picture that it takes, the norms that nothing linear stands beside:
# those between a sum, a concatenation or a pool and an activation.
FAMILIES = [
    ("VGG16", 32, 0),
    ("MobileNet", 32, 0),
    ("InceptionV3", 75, 0),
    ("ResNet50", 32, 0),
    ("ResNet50V2", 32, 17),  # the first norm of each of 16 blocks, and the last
    ("MobileNetV2", 32, 0),
    ("MobileNetV3Large", 32, 0),
    ("EfficientNetB0", 32, 0),
    ("EfficientNetV2B0", 32, 0),
    ("Xception", 71, 0),
    ("ConvNeXtTiny", 32, 0),
    ("DenseNet121", 32, 62),  # of 58 layers, 3 transitions and the end
    ("InceptionResNetV2", 75, 0),
    ("NASNetMobile", 32, 4),
]
# TensorFlow makes all of them; PyTorch lacks NASNet, JAX compiles each initialiser.
OF_BACKEND = {
    "torch": ("MobileNet", "ResNet50V2", "ConvNeXtTiny"),
    "jax": ("MobileNet",),
}


def trained(model):
    """Gives the batch norms statistics and factors as they are after training."""
    rng = np.random.default_rng(0)
    for layer in norms(model):
        for name, low, high in (
            ("gamma", 0.5, 1.5),
            ("beta", -0.5, 0.5),
            ("moving_mean", -0.5, 0.5),
            ("moving_variance", 0.5, 1.5),
        ):
            if (variable := getattr(layer, name)) is not None:
                variable.assign(rng.uniform(low, high, variable.shape))
    return model


def norms(model):
    """The batch norms of a model and of those inside."""
    inner = [n for m in model.layers if isinstance(m, keras.Model) for n in norms(m)]
    own = [n for n in model.layers if isinstance(n, layers.BatchNormalization)]
    return own + inner


@pytest.mark.parametrize(("name", "size", "left"), FAMILIES)
def test_a_family_of_keras(name, size, left):
    if name not in OF_BACKEND.get(keras.backend.backend(), (name,)):
        pytest.skip("graphs are the same on each backend; a few run on this one")
    keras.utils.clear_session(free_memory=False)
    model = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(size, size, 3)
    )
    done = kr.fuse(trained(model))
    assert done.proof.largest <= 1e-5
    assert len(norms(done.model)) == left
    assert done.model.count_params() <= model.count_params()


@pytest.mark.parametrize(
    ("name", "left"), [("resnet8", 0), ("resnet8_v2", 4), ("tabular_resnet", 1)]
)
def test_one_of_ours(name, left):
    done = kr.fuse(trained(kr.models.build(name)))
    assert done.proof.largest <= 1e-5
    assert len(norms(done.model)) == left


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="JAX compiles each of its initialisers"
)
def test_probabilities():
    model = keras.applications.MobileNetV2(
        weights=None, input_shape=(32, 32, 3), alpha=0.35, classes=10
    )
    done = kr.fuse(trained(model))
    assert done.model.layers[-1].name == "predictions"


def test_blocks_that_are_nested():
    inputs = keras.Input((16, 16, 3))
    x = kr.Residual(branch=[kr.conv(8, 3), kr.norm()], activation="relu")(inputs)
    block = kr.nest(kr.blocks.basic(8))
    for _ in range(2):
        x = block(x)
    done = kr.fuse(trained(keras.Model(inputs, x)))
    assert not norms(done.model)
    assert any(isinstance(layer, keras.Model) for layer in done.model.layers)


def test_any_size():
    inputs = keras.Input((None, None, 3))
    x = kr.blocks.basic(8, stride=2)(kr.blocks.basic(8)(inputs))
    done = kr.fuse(trained(keras.Model(inputs, x)))
    assert not norms(done.model)
    assert done.model(np.ones((1, 19, 23, 3), "float32")).shape == (1, 10, 12, 8)
