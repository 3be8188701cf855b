"""What does nothing in inference goes out, and what does something stays."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.fuse import idle
from keras_residual.transforms.preconditions import works
from keras_residual.transforms.proof import prove

from .fusing import kinds

IDLE = {
    layers.RandAugment: {"value_range": (0, 1)},
    layers.RandomBrightness: {"factor": 0.2},
    layers.RandomColorDegeneration: {"factor": 0.2},
    layers.RandomContrast: {"factor": 0.2},
    layers.RandomErasing: {},
    layers.RandomGrayscale: {},
    layers.RandomHue: {"factor": 0.2},
    layers.RandomPosterization: {"factor": 4},
    layers.RandomRotation: {"factor": 0.2, "data_format": "channels_last"},
    layers.RandomSaturation: {"factor": 0.2},
    layers.RandomSharpness: {"factor": 0.2},
    layers.RandomTranslation: {"height_factor": 0.2, "width_factor": 0.2},
    layers.RandomZoom: {"height_factor": 0.2},
    layers.GaussianNoise: {"stddev": 0.1},
    layers.SpatialDropout2D: {"rate": 0.1},
}
IDLE |= {kind: {} for kind in idle._AUGMENT if kind not in IDLE}
KINDS = sorted(IDLE, key=lambda kind: kind.__name__)  # a set has no order


def pixels():
    """Beyond any `value_range`, in which some layers would clip them."""
    return np.random.default_rng(0).normal(100, 200, (2, 8, 8, 3)).astype("float32")


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")  # MixUp's own, on JAX
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_is_idle_in_inference_and_goes(kind):
    made = keras.ops.convert_to_numpy(kind(**IDLE[kind])(pixels(), training=False))
    np.testing.assert_array_equal(made, pixels())
    x = keras.Input((8, 8, 3))
    draft = Draft(keras.Model(x, layers.ReLU()(kind(**IDLE[kind])(x))))
    (work,) = works(draft)
    assert idle.fold(work, draft.calls[0]) == "out: it does nothing in inference"
    assert [call.name.partition("_")[0] for call in draft.calls] == ["re"]


def test_the_model_of_the_transfer_learning_guide():
    """Augmentation in a `Sequential`, scaling, a network that is frozen, a head."""
    flips = [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)]
    x = keras.Input((8, 8, 3))
    backbone = keras.Model(x, layers.ReLU()(layers.Conv2D(4, 3)(x)), name="backbone")
    backbone.trainable = False
    y = layers.Rescaling(1 / 127.5, offset=-1)(keras.Sequential(flips)(x))
    y = layers.GlobalAveragePooling2D()(backbone(y, training=False))
    model = keras.Model(x, layers.Dense(1)(layers.Dropout(0.2)(y)))
    done = kr.fuse(model)
    wanted = ["Rescaling", "Functional", "GlobalAveragePooling2D", "Dense"]
    assert kinds(done.model) == wanted
    assert "Sequential" in {change.kind for change in done.changes}
    assert done.model.output_names == model.output_names


def test_several_in_one_layer():
    x = keras.Input((8, 8, 3))
    several = layers.Pipeline([layers.RandomFlip(), layers.RandomContrast(0.1)])
    assert kinds(kr.fuse(keras.Model(x, layers.ReLU()(several(x)))).model) == ["ReLU"]
    crops = layers.Pipeline([layers.RandomFlip(), layers.CenterCrop(4, 4)])
    assert not kr.fuse(keras.Model(x, layers.ReLU()(crops(x)))).changes


STAY = {
    "crops the middle": lambda: layers.RandomCrop(4, 4),
    "is not random": layers.AutoContrast,
}


@pytest.mark.parametrize("name", STAY)
def test_what_works_in_inference_stays(name):
    x = keras.Input((8, 8, 3))
    model = keras.Model(x, layers.ReLU()(STAY[name]()(x)))
    assert not kr.fuse(model, passes=["idle"]).changes


def test_what_makes_another_dtype_stays():
    x = keras.Input((8, 8, 3), dtype="uint8")
    done = kr.fuse(keras.Model(x, layers.ReLU()(layers.RandomFlip()(x))))
    assert not done.changes
    assert done.left[0].why == "it changes the dtype: uint8 and float32"


def test_a_seed_that_nobody_reads_goes_with_its_layer():
    """Half of what augments draws in inference, too, and makes nothing of it."""
    colours = [layers.RandomHue(0.2, seed=1), layers.RandomSaturation(0.2, seed=1)]
    x = keras.Input((8, 8, 3))
    still = layers.Dropout(0.1, seed=3)(keras.Sequential(colours)(x), training=True)
    model = keras.Model(x, layers.ReLU()(layers.RandomGrayscale()(still)))
    done = kr.fuse(model)
    assert kinds(done.model) == ["Dropout", "ReLU"]
    assert any(c.output == "seeds" for c in done.proof.comparisons)
    one, other = (keras.Model(x, layers.RandomHue(0.2, seed=k)(x)) for k in (1, 2))
    with pytest.raises(ValueError, match='"seeds"'):
        prove(one, other)
