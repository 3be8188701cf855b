"""Momentum's step on a variable in one pass over memory, by the fused kernel.

Adam has a kernel, too. It takes 1 - beta_2 of rounded numbers, which is 5e-5 off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_residual._keras import place_of


def update_by_kernel(optimizer: Any) -> Callable[[Any, Any, Any], None] | None:
    """Returns what stands in for an optimizer's `update_step`, or nothing.

    Args:
        optimizer: Any Keras optimizer.
    """
    if type(optimizer) is not keras.optimizers.SGD or not optimizer.momentum:
        return None

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not _takes(gradient, variable):
            own = type(optimizer).update_step
            own(optimizer, gradient, variable, learning_rate)
            return
        index = place_of(optimizer, variable)
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=optimizer.momentums[index].value.handle,
            lr=tf.cast(learning_rate, tf.float32),
            grad=gradient,
            momentum=optimizer.momentum,
            use_nesterov=optimizer.nesterov,
        )

    return update_step


def _takes(gradient: Any, variable: Any) -> bool:
    dense = isinstance(gradient, tf.Tensor) and isinstance(variable, tf.Variable)
    float32 = dense and gradient.dtype == variable.dtype == tf.float32
    return float32 and not tf.distribute.has_strategy()
