"""A bias that a norm subtracts goes into its moving mean, if it keeps one."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual._keras import is_keras_own
from keras_residual.graph.numbers import numbers
from keras_residual.transforms.call import Call, NewLayer, Value
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    class_of,
    config_of,
    full_name,
    quantized,
)

_BLIND = frozenset({keras.layers.Identity, keras.layers.Activation})
_BLIND_OPERATIONS = frozenset(
    f"ops.{name}" for name in ("core.StopGradient", "numpy.Copy")
)
"""What stands between and never looks at the numbers; the rule let them pass."""


def fix(work: Work, call: Call) -> str:
    """Takes the bias out, and off the moving mean: the same in training, too.

    Args:
        work: The draft that the call stands in.
        call: The convolution or dense layer.

    Returns:
        What was done.

    Raises:
        NotApplicable: The layer or its norm is shared, is more than Keras's own, or
            something else sees the bias.
    """
    work.own(call)
    norm = _norm_after(work, call)
    work.own(norm, "its norm")
    for one in (call, norm):
        _is_plain(one)
    weights, statistics = _weights(call.operation), _weights(norm.operation)
    if call.operation.bias_regularizer is not None:
        raise NotApplicable("its bias_regularizer counts the bias into the loss")
    bias = weights.pop("bias")
    _again(work, call, weights, use_bias=False)
    if "moving_mean" not in statistics:
        return f"has no bias now; {norm.name} takes the mean of what it is given"
    statistics["moving_mean"] = statistics["moving_mean"] - bias
    _again(work, norm, statistics)
    return f"has no bias now; {norm.name} subtracts that much less"


def _norm_after(work: Work, call: Call) -> Call:
    """Returns the norm that reads the layer, if nothing before it sees the numbers."""
    norm = work.only_user(call.outputs[0])
    while class_of(norm) in _BLIND or full_name(norm) in _BLIND_OPERATIONS:
        work.own(norm, norm.name)
        _sees_no_bias(norm)
        norm = work.only_user(norm.outputs[0])
    if not isinstance(norm.operation, keras.layers.Layer) or not norm.operation.weights:
        raise NotApplicable(f"{norm.name} stands before the norm, and may see the bias")
    return norm


def _is_plain(call: Call) -> None:
    """Asks that a layer is one of Keras's own, with weights as they were trained."""
    if not is_keras_own(class_of(call)):
        raise NotApplicable(f"{call.name} is of a class that is not Keras's own")
    if quantized(call):
        raise NotApplicable(f"the weights of {call.name} are quantised or adapted")
    _sees_no_bias(call)


def _sees_no_bias(call: Call) -> None:
    if getattr(call.operation, "activity_regularizer", None) is not None:
        raise NotApplicable(
            f"the activity_regularizer of {call.name} counts the bias in"
        )


def _weights(layer: Any) -> dict[str, np.ndarray]:
    found = {v.name: numbers(v) for v in layer.weights}
    unknown = [name for name in found if getattr(layer, name, None) is None]
    if unknown:
        raise NotApplicable(f"it keeps {', '.join(unknown)} where it is not looked for")
    return found


def _again(work: Work, call: Call, weights: dict[str, Any], **settings: Any) -> None:
    """Puts a planned layer with these weights and settings in the place of a call."""
    (old,) = call.outputs
    new = Value(old.shape, old.dtype, old.masked)
    flags = {v.name: v.trainable for v in call.operation.weights if v.name in weights}
    planned = NewLayer(type(call.operation), config_of(call) | settings, weights, flags)
    work.draft.insert(planned, call.args, new, **call.kwargs)
    work.draft.replace(old, new)
    work.draft.remove(call)
