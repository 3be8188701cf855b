"""Says what operations do in the few words that fit into a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import keras

from keras_residual.graph.activations import activation_name
from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import WEIGHTED, kind_of
from keras_residual.graph.windows import dilations, is_transposed, strides, taps

BESIDE = frozenset({"act", "dropout", "norm", "scale"})
"""These belong to the layer that they stand next to and share its line."""

_NORMS = {
    "LayerNormalization": "layer norm",
    "GroupNormalization": "group norm",
    "RMSNormalization": "rms norm",
    "UnitNormalization": "unit norm",
}
_NORM = re.compile(r"(Layer|RMS|Rms)_?Norm(alization)?$")
_SCALES = {
    "Add": "+ constant",
    "Multiply": "× constant",
    "TrueDivide": "divide",
    "Normalization": "normalise",
    "Rescaling": "rescale",
}
_SIGNS = {
    "Add": "+",
    "Multiply": "×",
    "Subtract": "−",
    "TrueDivide": "÷",
    "Divide": "÷",
}
_WORDS = {
    "add": "+",
    "average": "average",
    "concatenate": "concatenate",
    "multiply": "× gate",
}
_UNNAMED = re.compile(r"(input(s|_layer)?|keras_tensor)(_?\d+)?")


def words(op: Op) -> str:
    """Says what one operation does: "3×3 conv 64 /2", "norm", "relu".

    Args:
        op: The operation.

    Returns:
        A few words; none for an operation that does nothing.
    """
    layer = op.layer
    while isinstance(layer, keras.layers.TimeDistributed):
        layer = layer.layer
    if _does_nothing(op, layer):
        return ""
    if op.kind == "input":
        return _input(op.path.rpartition("/")[2])
    say = _SAY.get(op.kind)
    text = _with_number(op, layer)
    if not text:
        text = say(layer) if say else _WORDS.get(op.kind) or _plain_name(layer)
    width = op.shape[-1] if op.shape else None
    if op.kind == "embedding" and width != getattr(layer, "output_dim", width):
        tied = getattr(layer, "tie_weights", True)  # called the other way round
        return f"{'tied head' if tied else 'head'} {width}"
    if text == "dense" and width:
        text = f"dense {width}"  # an equation does not say how many
    if op.kind not in WEIGHTED:
        return text
    activation = _activation(layer)
    return f"{text} · {activation}" if activation else text


def _input(name: str) -> str:
    """Says which input it is, unless Keras gave it its name."""
    if _UNNAMED.fullmatch(name):
        return "input"
    return name if name.startswith("input") else f"input {name}"


def lines(ops: Sequence[Op]) -> list[str]:
    """Says what a chain does, a layer with weights and its companions a line."""
    return [" · ".join(words(op) for op in chunk) for chunk in chunks(ops)]


def chunks(ops: Sequence[Op]) -> list[list[Op]]:
    """Splits a chain into what is told in one line.

    Where the chain begins with a norm or activation, a line ends with the layer that
    has weights (pre-activation); otherwise it begins with it.

    Args:
        ops: The operations of the chain, in order.

    Returns:
        The operations of each line, without those that do nothing.
    """
    told = [op for op in ops if words(op)]
    before = bool(told) and told[0].kind in ("act", "norm")
    found: list[list[Op]] = []
    closed = True
    for op in told:
        beside = op.kind in BESIDE
        if closed or (not beside and not before):
            found.append([])
        found[-1].append(op)
        closed = before and not beside
    return found


def _conv(layer: Any) -> str:
    name = type(layer).__name__
    size = _times(taps(layer, ()))
    filters, groups = getattr(layer, "filters", None), getattr(layer, "groups", 1)
    alone = name.startswith("Depthwise") or 1 < groups == filters
    kind = "depthwise" if alone else "conv"
    kind = "separable" if name.startswith("Separable") else kind
    up = is_transposed(layer)
    dilation = max(dilations(layer))
    width = "" if alone or not filters else str(filters)
    parts = [size, kind, width, _stride(layer, "↑" if up else "/")]
    parts.append(f"in {groups} groups" if groups > 1 and not alone else "")
    parts.append(f"dilated {dilation}" if dilation > 1 else "")
    parts.append("causal" if getattr(layer, "padding", "") == "causal" else "")
    return " ".join(part for part in parts if part)


def _dense(layer: Any) -> str:
    units = getattr(layer, "units", None) or getattr(layer, "full_output_shape", [""])
    units = units[-1] if isinstance(units, Sequence) else units
    return f"dense {units or ''}".strip()


def _pool(layer: Any) -> str:
    name = type(layer).__name__
    way = "max" if "Max" in name else "average"
    size = taps(layer, ())
    if not size:
        return f"global {way} pool" if name.startswith("Global") else _plain_name(layer)
    if {*size} == {1}:
        return f"subsample {_stride(layer, '/')}".strip()
    return f"{_times(size)} {way} pool {_stride(layer, '/')}".strip()


def _upsample(layer: Any) -> str:
    return f"up ↑{_largest(getattr(layer, 'size', 1))}"


def _norm(layer: Any) -> str:
    return _NORMS.get(type(layer).__name__, "norm")


def _act(layer: Any) -> str:
    return _activation(layer) or _plain_name(layer)


def _activation(layer: Any) -> str:
    activation = getattr(layer, "activation", None)
    if activation in (None, keras.activations.linear):
        return ""
    return activation_name(layer).replace("_", " ").strip("<>")


def _does_nothing(op: Op, layer: Any) -> bool:
    if type(layer) is keras.layers.Dropout and not layer.noise_shape:
        return layer.rate == 0
    if op.kind == "slice" and kind_of(layer) != "slice":
        return True  # one of several outputs
    return op.kind in ("identity", "pad")  # a padding belongs to what is behind it


def _with_number(op: Op, layer: Any) -> str:
    """Says which number meets the stream, if it is one: "× 0.3"."""
    sign, number = _SIGNS.get(type(layer).__name__, ""), op.number
    if op.kind == "scale" and len(op.sources) > 1:
        return sign  # what meets it is told itself
    if isinstance(layer, keras.layers.Rescaling) and layer.offset == 0:
        sign, number = "×", layer.scale
    return f"{sign} {number:.3g}" if isinstance(number, float | int) and sign else ""


def _scale(layer: Any) -> str:
    """Says which number meets the stream: an operation with one tensor has another."""
    if isinstance(layer, keras.layers.EinsumDense):
        return "layer scale"
    return _SCALES.get(type(layer).__name__) or _plain_name(layer)


def _dropout(layer: Any) -> str:
    stochastic_depth = set((getattr(layer, "noise_shape", None) or (0, 0))[1:]) == {1}
    if stochastic_depth:
        return "drop path"  # without its rate, which differs from unit to unit
    name, rate = _plain_name(layer), getattr(layer, "rate", None)
    return f"{name} {rate:.2g}" if isinstance(rate, float | int) else name


def _attention(layer: Any) -> str:
    if isinstance(layer, keras.layers.Dot):
        return "cosine" if layer.normalize else "dot product"
    heads = getattr(layer, "num_heads", None) or getattr(layer, "num_query_heads", 0)
    return f"attention, {heads} heads" if heads else "attention"


def _recurrent(layer: Any) -> str:
    return f"{_plain_name(layer)} {getattr(layer, 'units', '')}".strip()


def _embedding(layer: Any) -> str:
    return f"embedding {getattr(layer, 'output_dim', '')}".strip()


def _open(layer: Any) -> str:
    return f"{'cut into' if layer.cut else 'open'} {layer.lanes} lanes"


_SAY = {
    "act": _act,
    "attention": _attention,
    "conv": _conv,
    "dense": _dense,
    "dropout": _dropout,
    "embedding": _embedding,
    "norm": _norm,
    "open": _open,
    "pool": _pool,
    "recurrent": _recurrent,
    "scale": _scale,
    "upsample": _upsample,
}


def _plain_name(layer: Any) -> str:
    """Spells a class name out: "GlobalContext" is "global context".

    Of the names that families of transformers give their parts, what they do is told.
    """
    name = type(layer).__name__
    if _NORM.search(name):
        return "layer norm" if len(getattr(layer, "weights", ())) > 1 else "rms norm"
    if "Rotary" in name:
        return "rotary"
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z])", " ", name)
    name = re.sub(r"(?<=[a-z])\d ?D$", "", name)
    return name.lower().replace("re lu", "relu").replace("_", " ")


def _times(size: Any) -> str:
    return "×".join(map(str, size)) if isinstance(size, Sequence) else str(size)


def _largest(value: Any) -> int:
    return max(value) if isinstance(value, Sequence) else int(value)


def _stride(layer: Any, sign: str) -> str:
    stride = max(strides(layer))
    return f"{sign}{stride}" if stride > 1 else ""
