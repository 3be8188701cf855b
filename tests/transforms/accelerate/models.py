"""Small models, plain twins of them, and how alike the two are."""

import keras
import numpy as np
from gradients import gradients, outputs

import keras_residual as kr

TORCH = keras.config.backend() == "torch"
JAX = keras.config.backend() == "jax"


def small(**options):
    """A network with a layer that pays on each backend: JAX gains from 1×1 kernels."""
    options = {"shortcut": "projection", "input_shape": (8, 8, 3), **options}
    return kr.models.build("resnet8", classes=4, **options)


def unsettled(model, seed=0):
    """Gives norms other scales and statistics than those that do nothing."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if len(weight.shape) == 1 and "seed" not in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    return model


def pictures(count=6, shape=(8, 8, 3), seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, *shape)).astype("float32")


def twin(model):
    """Returns a plain copy with the same weights."""
    plain = keras.models.clone_model(model)
    plain.set_weights(model.get_weights())
    return plain


def alike(found, expected, share=1e-5):
    scale = max(np.abs(expected).max(), 1e-6)
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * scale)


def agree(model, plain, x=None, share=1e-5):
    x = pictures() if x is None else x
    for training in (False, True):
        state = [each.get_weights() for each in (model, plain)]
        alike(
            outputs(model, x, training=training),
            outputs(plain, x, training=training),
            share if not training else 10 * share,
        )
        for each, weights in zip((model, plain), state, strict=True):
            each.set_weights(weights)


def alike_in_training(model, plain):
    """Compares outputs and gradients, for one random batch and direction."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *model.input_shape[1:])).astype("float32")
    direction = rng.standard_normal((2, *model.output_shape[1:])).astype("float32")
    found, slopes = gradients(model, x, direction, training=True)
    expected, others = gradients(plain, x, direction, training=True)
    alike(found, expected)
    for ours, theirs in zip(slopes, others, strict=True):
        alike(ours, theirs, 1e-4)
