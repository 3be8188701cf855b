"""A bias that a batch norm subtracts goes into the norm's moving mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_residual.read.numbers import numbers
from keras_residual.rewrite.draft import Call, Planned, Value
from keras_residual.rewrite.legality import Stays, Work, config_of


def fix(work: Work, call: Call) -> str:
    """Takes the bias out, and off the moving mean: the same in training, too.

    Args:
        work: The draft that the call stands in.
        call: The convolution or dense layer.

    Returns:
        What was done.

    Raises:
        Stays: The layer or its norm is shared.
    """
    work.own(call)
    (value,) = call.outputs
    norm = work.only_user(value)
    work.own(norm, "its norm")
    weights = _weights(call.operation)
    bias = weights.pop("bias")
    statistics = _weights(norm.operation)
    statistics["moving_mean"] = statistics["moving_mean"] - bias
    value = _again(work, call, weights, use_bias=False, bias_regularizer=None)
    _again(work, norm, statistics)
    return f"has no bias now; {norm.name} subtracts that much less"


def _weights(layer: Any) -> dict[str, np.ndarray]:
    found = {v.name: numbers(v) for v in layer.weights}
    unknown = [name for name in found if getattr(layer, name, None) is None]
    if unknown:
        raise Stays(f"it keeps {', '.join(unknown)} where it is not looked for")
    return found


def _again(work: Work, call: Call, weights: dict[str, Any], **settings: Any) -> Value:
    """Puts a planned layer with these weights and settings in the place of a call."""
    (old,) = call.outputs
    new = Value(old.shape, old.dtype)
    planned = Planned(type(call.operation), config_of(call) | settings, weights)
    work.draft.insert(planned, call.args, new, **call.kwargs)
    work.draft.replace(old, new)
    work.draft.remove(call)
    return new
