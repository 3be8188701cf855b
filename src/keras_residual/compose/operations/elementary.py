"""Parts that act on one position at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_residual.compose.arguments import Count
from keras_residual.compose.named import ActivationWord
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, part


@part
def dense(x: Tensor, scope: Scope, units: Count, **options: Any) -> Tensor:
    """Multiplies the last axis with a matrix.

    Args:
        units: Size of the output's last axis.
        **options: Arguments of `keras.layers.Dense`.

    Examples:
        >>> kr.dense(10)(keras.Input((64,))).shape
        (None, 10)
    """
    return keras.layers.Dense(units, name=scope.name("dense"), **options)(x)


@part
def act(x: Tensor, scope: Scope, function: ActivationWord | Callable | None) -> Tensor:
    """Applies an activation to each element.

    Args:
        function: Name of one of Keras's activations, or a function; `None` applies
            nothing.

    Examples:
        >>> kr.act("relu")(keras.Input((8,))).shape
        (None, 8)
    """
    if function is None:
        return x
    word = function if isinstance(function, str) else "act"
    return keras.layers.Activation(function, name=scope.name(word))(x)
