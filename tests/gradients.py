"""Outputs, and gradients of sum(output * direction), on whichever backend there is."""

import functools

import keras
import numpy as np


def gradients(
    model: keras.Model, x: np.ndarray, direction: np.ndarray, *, training: bool
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Returns the output, and the gradients for the input and each trainable weight.

    Args:
        model: Model with one input and one output.
        x: The input.
        direction: What the output is multiplied with before it is summed.
        training: Whether normalisation takes the statistics of the batch.
    """
    find = _BACKENDS[keras.backend.backend()]
    y, of_input, of_weights = find(model, x, direction, training)
    numpy = keras.ops.convert_to_numpy
    return numpy(y), [numpy(each) for each in (of_input, *of_weights)]


def outputs(model: keras.Model, x: np.ndarray, *, training: bool) -> np.ndarray:
    """Returns what the model makes of `x`; compiled on JAX, which is slow without."""
    if keras.backend.backend() == "jax":
        import jax

        state = (model.trainable_variables, model.non_trainable_variables)
        run = jax.jit(functools.partial(model.stateless_call, training=training))
        y, _ = run(*([each.value for each in variables] for variables in state), x)
    else:
        y = model(x, training=training)
    return keras.ops.convert_to_numpy(y)


def _tensorflow(model, x, direction, training):
    import tensorflow as tf

    x = tf.convert_to_tensor(x)
    weights = [each.value for each in model.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=training)
        total = tf.reduce_sum(y * direction)
    of_input, *of_weights = tape.gradient(
        total, [x, *weights], unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return y, of_input, of_weights


def _jax(model, x, direction, training):
    import jax

    held = [each.value for each in model.non_trainable_variables]

    def total(x, weights):
        y, _ = model.stateless_call(weights, held, x, training=training)
        return (y * direction).sum(), y

    weights = [each.value for each in model.trainable_variables]
    find = jax.jit(jax.grad(total, argnums=(0, 1), has_aux=True))
    (of_input, of_weights), y = find(x, weights)
    return y, of_input, of_weights


def _torch(model, x, direction, training):
    import torch

    x, direction = (keras.ops.convert_to_tensor(one) for one in (x, direction))
    x.requires_grad_()
    weights = [each.value for each in model.trainable_variables]
    y = model(x, training=training)
    total = (y * direction).sum()
    of_input, *of_weights = torch.autograd.grad(
        total, [x, *weights], allow_unused=True, materialize_grads=True
    )
    return y.detach(), of_input.detach(), [each.detach() for each in of_weights]


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
