"""Other activations inside the network; those that are gates or outputs stay."""

from __future__ import annotations

from typing import Any

from keras import layers

from keras_residual.compose.part import as_part
from keras_residual.graph.activations import activation_name
from keras_residual.graph.kinds import fused_activation, kind_of
from keras_residual.graph.numbers import numbers
from keras_residual.transforms.call import Call, NewLayer, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import (
    NotApplicable,
    plain_input,
    quantized,
)
from keras_residual.transforms.rewire.rules.surgery import Surgery
from keras_residual.transforms.rewritten import Change, Left

# Rectifiers and what has been put in their place; written without underscores.
_HIDDEN = frozenset(
    {"celu", "elu", "gelu", "hardsilu", "hardswish", "leakyrelu", "mish", "prelu"}
    | {"relu", "relu6", "selu", "silu", "softplus", "swish"}
)
_RECTIFIERS = ("relu", "relu6")  # nothing behind them is negative
_PADS = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)
_MAX_POOLS = (layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D)


def activation(surgery: Surgery, given: Any) -> None:
    """Puts a part in the place of each rectifier or its like.

    Args:
        surgery: The model.
        given: The part.
    """
    bare: dict[int, NewLayer] = {}
    for one in list(surgery.draft.family.values()):
        for call in one.in_order():
            word = _word(call)
            if word is None:
                continue
            path = one.path_of(call)
            try:
                if word not in _HIDDEN:
                    raise NotApplicable("it is a gate or an output")
                _replace(surgery, one, call, given, bare)
            except NotApplicable as reason:
                surgery.left.append(Left(word, path, str(reason)))
            else:
                surgery.changes.append(Change(word, path, f"is {as_part(given)!r} now"))


def _word(call: Call) -> str | None:
    """Returns the name of the activation that a call ends in."""
    operation = call.operation
    kind = kind_of(operation, len(call.reads))
    weighted = kind in ("conv", "dense") and fused_activation(operation)
    if kind != "act" and not weighted:
        return None
    return activation_name(operation).replace("_", "")


def _replace(
    surgery: Surgery, draft: Draft, call: Call, given: Any, bare: dict[int, NewLayer]
) -> None:
    (old,) = call.outputs
    if old in draft.read_outside and not draft.path:
        raise NotApplicable("it returns an output of the model")
    _must_not_let_zeros_win(draft, call, given)
    value = plain_input(call)
    held, layer = Value(old.shape, old.dtype, old.masked), call.operation
    draft.replace(old, held)
    try:
        if kind_of(call.operation, 1) != "act":
            _make_linear(call, bare)
            value = old
        grown = surgery.grow(draft, value, given, call.name)
    except NotApplicable:
        call.operation = layer
        draft.replace(held, old)
        raise
    draft.replace(held, grown)


def _must_not_let_zeros_win(draft: Draft, call: Call, given: Any) -> None:
    """Asks that a max-pool which is padded with zeros goes on reading a rectifier."""
    leaks = getattr(call.operation, "negative_slope", 0)
    if leaks or _word(call) not in _RECTIFIERS:
        return  # zeros win already
    if as_part(given) in map(as_part, _RECTIFIERS):
        return
    for pad in draft.users(call.outputs[0]):
        if not isinstance(pad.operation, _PADS):
            continue
        for pool in draft.users(pad.outputs[0]):
            if isinstance(pool.operation, _MAX_POOLS):
                raise NotApplicable(
                    f"{pad.name} pads with zeros for {pool.name}, and they win over "
                    "negative numbers"
                )


def _make_linear(call: Call, bare: dict[int, NewLayer]) -> None:
    layer = call.operation
    if id(layer) not in bare:
        if quantized(call):
            raise NotApplicable("its weights are quantised or adapted")
        weights = {v.name: numbers(v) for v in layer.weights}
        if any(getattr(layer, name, None) is None for name in weights):
            raise NotApplicable("it keeps weights where they are not looked for")
        config = {**layer.get_config(), "activation": "linear"}
        trained = {v.name: v.trainable for v in layer.weights}
        bare[id(layer)] = NewLayer(type(layer), config, weights, trained)
    call.operation = bare[id(layer)]
