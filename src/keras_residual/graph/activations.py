"""The non-linearities that layers and branches end in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import fused_activation, kind_of

# Fine around zero, where GELU and SiLU are negative, and far out for the tails.
_GRID = np.concatenate([[-1e3], np.linspace(-12, 12, 193), [1e3]]).astype("float32")
_STILL = ("dropout", "identity", "reshape")  # what hides no sign


def ending(branch: tuple[Op, ...]) -> Op | None:
    """Returns the last operation of a branch that can change the sign of its values.

    Args:
        branch: The operations of the branch, in order.
    """
    return next((op for op in reversed(branch) if op.kind not in _STILL), None)


def activation_of(layer: keras.Operation) -> Callable[[Any], Any] | None:
    """Returns the non-linearity that a layer ends in; None if it ends in none.

    Args:
        layer: A Keras layer or operation: an activation, or a layer that has one.
    """
    if fused_activation(layer):
        return getattr(layer, "activation", None)
    return layer if kind_of(layer) == "act" else None


def activation_name(layer: keras.Operation) -> str:
    """Returns what the non-linearity of a layer is called: "relu", "hard_sigmoid".

    Args:
        layer: A layer, or an operation that is one.
    """
    made = getattr(layer, "activation", None) or layer
    return getattr(made, "__name__", type(made).__name__).lower()


def never_negative(layer: keras.Operation) -> bool:
    """Says whether a layer ends in an activation without negative values.

    Args:
        layer: A Keras layer or operation.

    Examples:
        >>> never_negative(keras.layers.ReLU()), never_negative(keras.layers.ELU())
        (True, False)
    """
    activation = activation_of(layer)
    if activation is None or getattr(activation, "weights", None):
        return False  # a learnt slope, as PReLU's, may be negative
    try:
        with keras.StatelessScope():  # a loss on activities is not the model's
            answer = activation(keras.ops.convert_to_tensor(_GRID[None]))
    except Exception:  # one that needs another shape, or foreign code
        return False
    values: Any = keras.ops.convert_to_numpy(answer)
    return bool(values.min() >= 0)
